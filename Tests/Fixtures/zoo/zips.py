"""ZIP archives written field by field, so that any field can be false."""

import bz2
import gzip
import lzma
import struct
import zlib

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14


def pack(data, method):
    if method == DEFLATED:
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        return deflate.compress(data) + deflate.flush()
    if method == BZIP2:
        return bz2.compress(data)
    if method == LZMA:
        packed = lzma.compress(data, lzma.FORMAT_ALONE)  # properties (5), size (8), data
        return b"\x09\x04\x05\x00" + packed[:5] + packed[13:]
    return data


class Entry:
    """One member. `local` and `central` override what the two headers say: version, flags, method, crc, packed, size,
    name, extra; `listed` and `present` leave one of the headers out."""

    def __init__(
        self,
        name,
        data,
        method=DEFLATED,
        flags=0,
        local=None,
        central=None,
        descriptor=False,
        zip64=False,
        listed=True,
        present=True,
        packed=None,
        attributes=0o100644 << 16,
        gap=b"",
    ):
        self.packed = pack(data, method) if packed is None else packed
        self.zip64, self.descriptor, self.listed, self.present = zip64, descriptor, listed, present
        self.attributes, self.gap = attributes, gap
        truth = {
            "version": 45 if zip64 else 20,
            "method": method,
            "flags": flags | (8 if descriptor else 0) | (2 if method == LZMA else 0),
            "crc": zlib.crc32(data) & 0xFFFFFFFF,
            "packed": len(self.packed),
            "size": len(data),
            "name": name if isinstance(name, bytes) else name.encode(),
            "extra": b"",
        }
        self.truth = truth
        hidden = {"crc": 0, "packed": 0, "size": 0} if descriptor else {}
        wide = {}
        if zip64:
            extra = struct.pack("<HHQQ", 1, 16, len(data), len(self.packed))
            wide = {"packed": 0xFFFFFFFF, "size": 0xFFFFFFFF, "extra": extra}
        self.local = {**truth, **wide, **(hidden if not zip64 else {}), **(local or {})}
        self.central = {**truth, **wide, **(central or {})}

    def local_header(self):
        field = self.local
        return (
            struct.pack(
                "<4sHHHHHIIIHH",
                b"PK\x03\x04",
                field["version"],
                field["flags"],
                field["method"],
                0,
                0x5721,
                field["crc"],
                field["packed"],
                field["size"],
                len(field["name"]),
                len(field["extra"]),
            )
            + field["name"]
            + field["extra"]
        )

    def trailer(self):
        if not self.descriptor:
            return b""
        form = "<4sIQQ" if self.zip64 else "<4sIII"
        return struct.pack(form, b"PK\x07\x08", self.truth["crc"], self.truth["packed"], self.truth["size"])

    def central_header(self, offset):
        field = self.central
        return (
            struct.pack(
                "<4sHHHHHHIIIHHHHHII",
                b"PK\x01\x02",
                0x0300 | field["version"],
                field["version"],
                field["flags"],
                field["method"],
                0,
                0x5721,
                field["crc"],
                field["packed"],
                field["size"],
                len(field["name"]),
                len(field["extra"]),
                0,
                0,
                0,
                self.attributes,
                field.get("offset", offset),
            )
            + field["name"]
            + field["extra"]
        )


def end_record(count, size, offset, comment=b""):
    return struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, size, offset, len(comment)) + comment


def build(entries, prefix=b"", comment=b"", shift=True, directory=True, zip64_end=False, tail=b""):
    """The archive. `shift` counts the prefix into the offsets, as a correct self-extractor does."""
    base = len(prefix) if shift else 0
    body, offsets = bytearray(), []
    for entry in entries:
        offsets.append(base + len(body))
        if entry.present:
            body += entry.local_header() + entry.packed + entry.trailer() + entry.gap
    body = bytes(body)
    if not directory:
        return prefix + body + tail
    central = b"".join(entry.central_header(offset) for entry, offset in zip(entries, offsets) if entry.listed)
    count, start = sum(entry.listed for entry in entries), base + len(body)
    if zip64_end:
        wide = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(central), start)
        wide += struct.pack("<4sIQI", b"PK\x06\x07", 0, start + len(central), 1)
        end = wide + end_record(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, comment)
    else:
        end = end_record(count, len(central), start, comment)
    return prefix + body + central + end + tail


def archive(members, method=DEFLATED, **options):
    """A plain archive of [(name, bytes)]."""
    return build([Entry(name, data, method) for name, data in members], **options)


def tricks(zoo, payload):
    """Archives whose parts disagree. Readers differ on their content, so the scanner must inspect every interpretation."""
    hidden = Entry("hidden.txt", payload)
    plain = Entry("plain.txt", b"A plain member that every reader finds.\n" * 20)

    def add(name, data):
        zoo.add(f"zip-trick/{name}.zip", data)

    add("no-directory", build([plain, hidden], directory=False))
    add("no-directory-descriptor", build([plain, Entry("hidden.txt", payload, descriptor=True)], directory=False))
    add("only-local", build([plain, Entry("hidden.txt", payload, listed=False)]))
    add("only-local-first", build([Entry("hidden.txt", payload, listed=False), plain]))
    add("only-in-directory", build([plain, Entry("ghost.txt", payload, present=False)]))
    add("directory-offset-wrong", build([plain, Entry("hidden.txt", payload, central={"offset": 7})]))
    add("names-differ", build([plain, Entry("hidden.txt", payload, local={"name": b"other.png"})]))
    add("local-method-stored", build([plain, Entry("hidden.txt", payload, local={"method": STORED})]))
    add("directory-method-stored", build([plain, Entry("hidden.txt", payload, central={"method": STORED})]))
    add("local-sizes-zero", build([plain, Entry("hidden.txt", payload, local={"packed": 0, "size": 0})]))
    add("directory-packed-zero", build([plain, Entry("hidden.txt", payload, central={"packed": 0})]))
    add("directory-sizes-zero", build([plain, Entry("hidden.txt", payload, central={"packed": 0, "size": 0})]))
    add(
        "both-sizes-zero",
        build([plain, Entry("hidden.txt", payload, local={"packed": 0, "size": 0}, central={"packed": 0, "size": 0})]),
    )
    add("size-too-small", build([plain, Entry("hidden.txt", payload, local={"size": 6}, central={"size": 6})]))
    add("size-too-large", build([plain, Entry("hidden.txt", payload, local={"size": 9000}, central={"size": 9000})]))
    add("crc-wrong", build([plain, Entry("hidden.txt", payload, local={"crc": 1}, central={"crc": 1})]))
    add("second-end-in-comment", build([plain, hidden], comment=end_record(0, 0, 0)))
    add("second-end-of-one", second_end(plain, hidden))
    add("masked-flag", build([plain, Entry("hidden.txt", payload, flags=0x2000)]))
    add("patched-flag", build([plain, Entry("hidden.txt", payload, flags=0x20)]))
    for method in (97, 99, 1, 6, 200):
        add(f"method-{method}", build([plain, Entry("hidden.txt", payload, method=method, packed=payload[::-1])]))
    add("duplicate-names", build([Entry("a.txt", b"first of two\n" * 9), Entry("a.txt", payload)]))
    add("duplicate-names-first", build([Entry("a.txt", payload), Entry("a.txt", b"second of two\n" * 9)]))
    add("path-above", build([Entry("../../../../etc/passwd", payload)]))
    add("path-absolute", build([Entry("/etc/passwd", payload)]))
    add("path-nul", build([Entry(b"a.txt\0.png", payload)]))
    add("path-64k", build([Entry(b"a" * 65535, payload)]))
    add("path-empty", build([plain, Entry(b"", payload)]))
    add("path-not-utf8", build([Entry(b"\xff\xfe\x80.txt", payload)]))
    add("path-device", build([Entry("dev/null", payload), Entry("CON", payload)]))
    add("prefix-not-counted", build([plain, hidden], prefix=b"MZ" + b"\x90" * 500, shift=False))
    add("two-concatenated", build([plain]) + build([hidden]))
    add("two-concatenated-first", build([hidden]) + build([plain]))
    add("directory-with-data", build([plain, Entry("folder/", payload, attributes=0o040755 << 16 | 0x10)]))
    add("symlink", build([plain, Entry("link", b"/etc/passwd", attributes=0o120777 << 16)]))
    add("link-with-payload", build([plain, Entry("link", payload, attributes=0o120777 << 16)]))
    add("gap-between", build([Entry("a.txt", b"one\n" * 9, gap=payload), plain]))
    add("tail-behind", build([plain], tail=payload))
    add("tail-zip-stored", build([plain], tail=b"\0" * 70_000 + build([hidden])))
    add("count-too-small", count_too_small(plain, hidden))
    add("many-disks", many_disks(plain, hidden))
    add("extra-too-long", build([plain, Entry("hidden.txt", payload, central={"extra": b"\x01\x00\xff\xff"})]))
    add("declared-empty", build([plain, Entry("hidden.txt", b"short", local={"size": 0}, central={"size": 0})]))
    add("other-directory", other_directory(plain, Entry("hidden.txt", payload, LZMA)))
    add("empty-packed", build([Entry(f"{method}.txt", b"", method) for method in (DEFLATED, BZIP2, LZMA)] + [plain]))
    inner = archive([("inner.txt", b"a plain member of the inner archive\n" * 9)])
    outer = archive([("inner.zip", inner), ("plain.txt", b"a plain member\n" * 9)], STORED)
    cut = outer.index(inner) + len(inner)
    zoo.add("zip-trick/in-streams.zip.gz", gzip.compress(outer[:cut], mtime=0) + gzip.compress(outer[cut:], mtime=0))
    add("empty", end_record(0, 0, 0))
    add("empty-member", build([plain, Entry("empty.txt", b"", STORED)]))


def second_end(plain, hidden):
    """Two directories: readers that search from the front use the second member's, others the first's."""
    first = plain.local_header() + plain.packed
    second = hidden.local_header() + hidden.packed
    one = plain.central_header(0)
    other = hidden.central_header(len(first))
    body = first + second + one
    behind = other + end_record(1, len(other), len(body) + 22)
    return body + end_record(1, len(one), len(first + second), behind)


def other_directory(plain, hidden):
    """A locator that leads to another 64-bit record than the one before it: libarchive follows it to a directory of as many
    entries, in the data of a member, and others read the hidden member."""

    def record(count, size, offset):
        return struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)

    first = plain.local_header() + plain.packed
    others = [Entry(f"{number}.txt", b"another plain member\n" * 9) for number in range(2)]
    place = len(first) + 30 + len("member")
    inner, entries = b"", plain.central_header(0)
    for other in others:
        entries += other.central_header(place + len(inner))
        inner += other.local_header() + other.packed
    inner += entries + record(3, len(entries), place + len(inner))
    member = Entry("member", inner, STORED)
    behind = place + len(inner)
    body = first + member.local_header() + inner + hidden.local_header() + hidden.packed
    listed = plain.central_header(0) + member.central_header(len(first)) + hidden.central_header(behind)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, behind - 56, 1)
    return body + listed + record(3, len(listed), len(body)) + locator + end_record(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)


def count_too_small(plain, hidden):
    whole = build([plain, hidden])
    end = whole.rindex(b"PK\x05\x06")
    return whole[: end + 8] + struct.pack("<HH", 1, 1) + whole[end + 12 :]


def many_disks(plain, hidden):
    whole = build([plain, hidden])
    end = whole.rindex(b"PK\x05\x06")
    return whole[: end + 4] + struct.pack("<HH", 1, 1) + whole[end + 8 :]
