"""A search for the small file that takes the scanner longest: hostile files of every form that nests or multiplies, each
at most 1 MiB, with random counts and wrappers: `make worst-times`.

    worst.py [--cases 300] [--seed 1] [--seconds 1200] [--scanner .build/release/lazaret]

Prints the worst ten by processor seconds of a whole `lazaret scan`, less those of an empty file, and per byte. Keeps
them in .build/worst.
"""

import argparse
import base64
import json
import pathlib
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "Tests/Fixtures/zoo"))
import carried  # noqa: E402
import containers  # noqa: E402
import formats  # noqa: E402
import zips  # noqa: E402

LIMIT = 1 << 20
# Files of one scan, and the processor seconds from which they are scanned one by one.
GROUP, SLOW = 12, 2.0
NUL = b"\0"


def deflate(data):
    packed = zlib.compressobj(9, 8, -15)
    return packed.compress(data) + packed.flush()


def letter(parts):
    body = b"".join(b"--b\n" + part + b"\n" for part in parts)
    return b"From: a@b\nTo: c@d\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" + body + b"--b--\n"


def nested_letter(depth):
    head = b"From: a@b\nMIME-Version: 1.0\n"
    for level in range(depth):
        head += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
    return head + b"Content-Type: text/plain\n\nhello\n"


def pdf_objects(count, body):
    return formats.pdf(formats.PDF_PAGES + [formats.pdf_stream(b"")] + [body] * count)


def pdf_filters(count, depth):
    data = bytes(4000)
    for _ in range(depth):
        data = zlib.compress(data)
    names = b"/Filter [" + b"/FlateDecode " * depth + b"]"
    return pdf_objects(count, formats.pdf_stream(data, names))


def streams(data, count):
    return data * count


def shared_asar(count, size):
    files = {str(number): {"size": size, "offset": "0"} for number in range(count)}
    text = json.dumps({"files": files}).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<IIII", 4, len(text) + 8, len(text) + 4, len(text)) + text + carried.element("EC", bytes(size))


def shared_icon(count, size):
    start = 6 + 16 * count
    entries = b"".join(struct.pack("<BBBBHHII", 8, 8, 0, 0, 1, 32, max(1, size - n), start) for n in range(count))
    return struct.pack("<HHH", 0, 1, count) + entries + b"shared" * (size // 6 + 1)


def shared_items(count, size):
    entry = b"".join(struct.pack(">HHHII", n, 0, 1, n, size) for n in range(count))
    iloc = carried.box(b"iloc", NUL * 4 + b"\x44\0" + struct.pack(">H", count) + entry)
    return carried.box(b"ftyp", b"heic\0\0\0\0") + carried.box(b"meta", NUL * 4 + carried.box(b"hdlr", bytes(25)) + iloc) + b"x" * size


def shared_tables(count, size):
    packed = zlib.compress(bytes(size))
    place = 44 + 20 * count
    rows = b"".join(b"zoo " + struct.pack(">IIII", place, len(packed), size, 0) for _ in range(count))
    head = struct.pack(">4sIIHHIHHIIIII", b"wOFF", 0x10000, 0, count, 0, 0, 1, 0, 0, 0, 0, 0, 0)
    return head + rows + packed


def plist(count, size):
    data = b"bplist00" + b"\x4f\x12" + struct.pack(">I", size) + b"d" * size
    table = b"".join(struct.pack(">I", 8 + n % 3) for n in range(count))
    return data + table + bytes(6) + b"\4\4" + struct.pack(">QQQ", count, 0, len(data))


def marks(mark, count, gap):
    return (mark + b"A" * gap) * count


MARKS = [
    b"PK\3\4\x14\0\0\0\0\0\x21\x58\x21\x58", b"PK\5\6", b"\x1f\x8b\x08", b"\x1f\x8b\x08\0\0\0\0\0\0\3", b"BZh91AY&SY", b"\x28\xb5\x2f\xfd\x20\1",
    b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0", b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c\0\4", b"Rar!\x1a\7\0", b"MSCF", b"hsqs", b"  -lh5-", b"\x60\xea",
    b"070701", b"!<arch>\n", b"\xed\xab\xee\xdb", b"\x1a\x02A\0", b"\xef\xbe\xad\xdeNullsoftInst", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"__HALT_COMPILER();",
    b"{\\rtf1{\\object{\\objdata 41", b"\\objdata ", b"\\bin9 ", b"%PDF-1.4\n1 0 obj\n", b"1 0 obj <<", b"stream\nendstream\n", b"trailer<</Root 1 0 R>>\n",
    b"begin 644 a\nM", b"=ybegin line=128 size=9 name=a\n", b"(This file must be converted with BinHex 4.0)\n:", b"From a@b Thu Jan  1 00:00:00 1970\n",
    b"Content-Type: text/html\n\n", b"Content-Transfer-Encoding: base64\n\n", b"-----BEGIN PGP MESSAGE-----\n\n", b"\n", b"\r", b" ", b"\r\n\r\n", b"<", b"<a href='data:;base64,QUFB'>",
    b"data:text/plain;base64,", b'"QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"', b"ID3\4\0\0\0\0\0\x10APIC\0\0\0\6\0\0", b"fLaC\0\0\0\x22", b"\x19\x41\xa4\x69\x40\x10\x61\xa7\x84",
    b"GIT binary patch\nliteral 9\nA00000\n\n", b"literal 9\nA00000\n\n", b"sed 's/^X//' > a << E\nX\nE\n", b"cat > a << E\n", b"BEGIN:VCARD\nPHOTO;ENCODING=b:QUFB\n", b"<!ENTITY a 'b'>",
    b"H+\0\4", b"\x53\xef", b"\x55\xaa", b"koly\0\0\0\4\0\0\2\0", b"\x30\x80", b"\xa0\x80\x24\x80", b"MZ\x90\0", b"\x7fELF\2\1\1", b"((", b"[[", b"<<", b"{", b"ustar\x0000",
]


def families(chance):
    """The makers of one random choice: a name and the bytes."""
    n = int(10 ** chance.uniform(1, 4.3))
    size = int(10 ** chance.uniform(1, 5))
    mark, gap = chance.choice(MARKS), chance.choice([0, 0, 1, 7, 60, 500])
    html = b"Content-Type: text/html\n\n<p>%d</p>" % size
    attachment = b"Content-Type: a/b; name=x\nContent-Transfer-Encoding: base64\n\n" + base64.b64encode(b"%d" % size)
    small = zips.archive([("a", b"%d" % size)])
    return {
        f"marks {mark[:20]!r} {gap}": lambda: marks(mark, min(n * 10, LIMIT // (len(mark) + gap)), gap),
        f"two marks {mark[:12]!r}": lambda: marks(mark + chance.choice(MARKS), min(n * 5, 40_000), gap),
        "letter of pages": lambda: letter([html] * n),
        "letter of attachments": lambda: letter([attachment] * n),
        "letter of archives": lambda: letter([attachment[:60] + base64.b64encode(small)] * min(n, 3000)),
        "nested letter": lambda: nested_letter(min(n, 9000)),
        "zip of empties": lambda: zips.archive([(str(k), b"") for k in range(min(n, 8000))]),
        "zip of pages": lambda: zips.archive([(str(k), b"<html>%d" % k) for k in range(min(n, 6000))]),
        "zip of letters": lambda: zips.archive([(str(k), letter([html] * 20)) for k in range(min(n, 400))]),
        "zip of zips": lambda: zips.archive([(str(k), zips.archive([(str(k), b"%d" % k)])) for k in range(min(n, 3000))]),
        "tar of texts": lambda: formats.tar([(str(k), b"%d words" % k) for k in range(min(n, 900))]),
        "cpio": lambda: formats.cpio([(str(k), b"%d words" % k) for k in range(min(n, 6000))], "newc"),
        "ar": lambda: formats.ar([(str(k), b"%d words" % k) for k in range(min(n, 9000))]),
        "arj": lambda: formats.arj([(str(k), b"%d words" % k) for k in range(min(n, 8000))]),
        "lha": lambda: formats.lha([(str(k), b"%d words" % k) for k in range(min(n, 9000))]),
        "cab": lambda: formats.cab([(str(k), b"%d words" % k) for k in range(min(n, 9000))]),
        "rar": lambda: formats.rar4([(str(k), b"%d words" % k) for k in range(min(n, 9000))]),
        "gzip members": lambda: streams(formats.gzipped(b"a" * (size % 99)), min(n, 30_000)),
        "zlib streams": lambda: streams(zlib.compress(b"a" * (size % 99)), min(n, 30_000)),
        "gzip bomb": lambda: formats.gzipped(bytes(size * 1000)),
        "pdf objects": lambda: pdf_objects(min(n, 15_000), b"<< /A [ 1 0 R 2 0 R ] >>"),
        "pdf streams": lambda: pdf_objects(min(n, 9000), formats.pdf_stream(zlib.compress(b"%d" % n), b"/Filter /FlateDecode")),
        "pdf filters": lambda: pdf_filters(min(n, 900), 1 + n % 9),
        "pdf scripts": lambda: pdf_objects(min(n, 9000), b"<< /S /JavaScript /JS (alert%d) >>" % n),
        "png texts": lambda: b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", 20) + b"zTXt" + (b"k\0\0" + zlib.compress(b"t%d" % k))[:20].ljust(20, NUL) + bytes(4) for k in range(min(n, 20_000))),
        "shared asar": lambda: shared_asar(min(n, 9000), size * 5),
        "shared icon": lambda: shared_icon(min(n, 1024), size * 5),
        "shared items": lambda: shared_items(min(n, 20_000), size * 5),
        "shared tables": lambda: shared_tables(min(n, 4096), size * 100),
        "property list": lambda: plist(min(n, 99_000), size * 5),
        "resources": lambda: carried.pe([(100 + k, b"%d words" % k) for k in range(min(n, 9000))]),
        "sections": lambda: carried.elf([(str(k), 0, b"%d words" % k) for k in range(min(n, 8000))]),
        "packed sections": lambda: carried.elf([("a", 0x800, carried.packed_section(bytes(size * 30)))] * min(n, 900)),
        "film": lambda: carried.swf(b"x") [:-2] + (struct.pack("<HI", 87 << 6 | 63, 20) + b"%020d" % n) * min(n, 30_000),
        "boxes": lambda: carried.box(b"ftyp", b"isom") + carried.box(b"moov", carried.box(b"uuid", bytes(16) + b"%d word" % n) * min(n, 30_000)),
        "attachments": lambda: carried.element("1941A469", b"".join(
            carried.element("61A7", carried.element("465C", b"%d words" % k)) for k in range(min(n, 20_000)))),
        "tags": lambda: b"".join(carried.id3(b"%d words" % k) for k in range(min(n, 8000))),
        "export": lambda: b"".join(b"blob\ndata 6\n%06d\n" % k for k in range(min(n, 40_000))),
        "scripts": lambda: b"#!/bin/sh\n" + b"".join(b"cat > %d << E\n%d words\nE\n" % (k, k) for k in range(min(n, 30_000))),
        "pages in a page": lambda: b"<html>" + b"".join(
            b"<img src='data:image/png;base64,%s'>" % base64.b64encode(b"%030d" % k) for k in range(min(n, 12_000))),
        "strings": lambda: b'{"a": [' + b",".join(b'"%s"' % base64.b64encode(bytes([k % 256] * 60)) for k in range(min(n, 9000))) + b"]}",
        "wide": lambda: ("begin 644 a\n#86)C\n`\nend\n" * min(n, 9000)).encode("utf-16"),
        "hex records": lambda: b"".join(b":01%04X0041%02X\n" % (k * 2 % 65536, -(1 + (k * 2 % 65536 >> 8) + (k * 2 % 256) + 0x41) & 255) for k in range(min(n, 50_000))),
    }


def wrapped(data, name, chance):
    for _ in range(chance.choice([0, 0, 0, 1, 1, 2, 5, 12])):
        kind = chance.choice(["zip", "letter", "gzip", "tar"])
        data = {
            "zip": lambda: zips.archive([("a", data)]),
            "letter": lambda: containers.mail("base64", data),
            "gzip": lambda: formats.gzipped(data),
            "tar": lambda: formats.tar([("a", data)]),
        }[kind]()
        name += f" in {kind}"
    return name, data


def processor_seconds(program, paths):
    """The processor time of one scan of these files, with all its processes, and the verdicts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [program, "scan", "--json", "--scanners", "1", "--signatures", str(ROOT / "samples/signatures"), *paths]
    done = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    verdicts = [json.loads(line)["verdict"] for line in done.stdout.splitlines()]
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, verdicts


def measure(program, files, floor):
    """Scans files together, and those of a slow group one by one. Returns rows: seconds, size, verdict, name, case."""
    seconds, verdicts = processor_seconds(program, [str(path) for path, _, _ in files])
    if len(files) == 1 or seconds - floor < SLOW:
        share = max(0.0, seconds - floor) / len(files)
        rows = zip(files, verdicts or ["none"])
        return [(share, path.stat().st_size, verdict, name, case) for (path, name, case), verdict in rows]
    half = len(files) // 2
    return measure(program, files[:half], floor) + measure(program, files[half:], floor)


def main():
    parser = argparse.ArgumentParser(prog="worst.py", description=__doc__.split("\n\n")[0])
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--seconds", type=int, default=1200, help="of the search as a whole")
    parser.add_argument("--scanner", default=str(ROOT / ".build/release/lazaret"))
    parser.add_argument("--folder", default=str(ROOT / ".build/worst"))
    chosen = parser.parse_args()
    folder = pathlib.Path(chosen.folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    results, group, end = [], [], time.monotonic() + chosen.seconds
    with tempfile.TemporaryDirectory() as room:
        empty = pathlib.Path(room) / "empty"
        empty.write_bytes(b"nothing")
        floor = min(processor_seconds(chosen.scanner, [str(empty)])[0] for _ in range(3))
        for case in range(chosen.cases):
            chance = random.Random(f"{chosen.seed}:{case}")
            makers = list(families(chance).items())
            name, make = makers[case % len(makers)]
            name, data = wrapped(make()[:LIMIT], name, chance)
            if len(data) <= LIMIT:
                (folder / str(case)).write_bytes(data)
                group.append((folder / str(case), name, case))
            if len(group) == GROUP or case == chosen.cases - 1:
                if time.monotonic() > end:
                    break
                results += measure(chosen.scanner, group, floor) if group else []
                group = []
    results.sort(reverse=True)
    print(f"{len(results)} files, seed {chosen.seed}; an empty one takes {floor:.2f} s")
    print("seconds    bytes  µs a byte  verdict      file")
    kept = set()
    for seconds, size, verdict, name, case in results[:10]:
        kept.add(str(case))
        print(f"{seconds:7.2f} {size:8}  {seconds / size * 1e6:9.2f}  {verdict:11}  {case}: {name}")
    print("by byte:")
    for seconds, size, verdict, name, case in sorted(results, key=lambda row: -row[0] / max(row[1], 1000))[:10]:
        kept.add(str(case))
        print(f"{seconds:7.2f} {size:8}  {seconds / size * 1e6:9.2f}  {verdict:11}  {case}: {name}")
    for file in folder.iterdir():
        if file.name not in kept:
            file.unlink()


if __name__ == "__main__":
    main()
