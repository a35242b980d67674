"""Forms that carry files beside what they are for: media, fonts, icons, programs, what Git writes, shell archives. Each
with one payload where the form's own software takes it out."""

import base64
import json
import os
import struct
import subprocess
import tempfile
import zlib

import containers
import enclosed
import enclosed_packed
import firmware
import formats
import letters
import pictures

NUL = b"\0"


def asar(members):
    directory, data = {}, b""
    for name, content in members:
        directory[name] = {"size": len(content), "offset": str(len(data))}
        data += content
    text = json.dumps({"files": {"app": {"files": directory}}}).encode()
    padded = text + b"\0" * (-len(text) % 4)
    return struct.pack("<IIII", 4, len(padded) + 8, len(padded) + 4, len(text)) + padded + data


def element(id, body):
    """An element of EBML with a length of eight bytes."""
    return bytes.fromhex(id) + b"\x01" + len(body).to_bytes(7, "big") + body


def matroska(payload):
    head = element("1A45DFA3", element("4282", b"matroska"))
    cluster = b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7 + element("E7", b"\0") + element("A3", b"\x81\0\0\x80frame")
    return head + element("18538067", cluster + attachments(payload))


def attachments(payload):
    file = element("466E", b"a.bin") + element("4660", b"application/octet-stream") + element("46AE", b"\1")
    return element("1941A469", element("61A7", file + element("465C", payload)))


def matroska_before_pictures(payload):
    """As mkvmerge writes it: mkvextract does not look behind a cluster of unknown size."""
    head = element("1A45DFA3", element("4282", b"matroska"))
    about = element("1549A966", element("2AD7B1", b"\x0f\x42\x40") + element("4D80", b"a") + element("5741", b"a"))
    return head + element("18538067", about + attachments(payload))


def matroska_tag(payload):
    """A binary tag within another tag."""
    inner = element("67C8", element("45A3", b"INNER") + element("4485", payload))
    tag = element("7373", element("63C0", b"") + element("67C8", element("45A3", b"OUTER") + inner))
    return element("1A45DFA3", element("4282", b"matroska")) + element("18538067", element("1254C367", tag))


def box(kind, body):
    return struct.pack(">I4s", 8 + len(body), kind) + body


def heif(payload, type=b"mime"):
    """A file whose only item has two extents, each half of the payload."""
    middle = len(payload) // 2

    def meta(start):
        entry = box(b"infe", b"\2\0\0\0" + struct.pack(">HH4s", 1, 0, type) + b"a\0application/octet-stream\0")
        places = struct.pack(">HHHIIII", 1, 0, 2, start, middle, start + middle + 4, len(payload) - middle)
        return box(
            b"meta",
            bytes(4)
            + box(b"hdlr", bytes(8) + b"pict" + bytes(13))
            + box(b"iinf", bytes(4) + struct.pack(">H", 1) + entry)
            + box(b"iloc", bytes(4) + b"\x44\0" + struct.pack(">H", 1) + places),
        )

    head = box(b"ftyp", b"heic\0\0\0\0heicmif1")
    data = payload[:middle] + b"----" + payload[middle:]
    return head + meta(len(head) + len(meta(0)) + 8) + box(b"mdat", data)


def mp4_cover(payload):
    value = box(b"data", struct.pack(">II", 13, 0) + payload)
    cover = box(b"meta", bytes(4) + box(b"hdlr", bytes(24)) + box(b"ilst", box(b"covr", value)))
    return formats.mp4() + box(b"moov", box(b"mvhd", bytes(100)) + box(b"udta", cover))


def id3_size(size):
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3(payload, version=4, zeros=False, packed=False):
    body = b"\0application/octet-stream\0a.bin\0about\0" + payload
    flags = 0
    if packed:
        flags = 0x09 if version == 4 else 0x80
        length = id3_size(len(body)) if version == 4 else struct.pack(">I", len(body))
        body = length + zlib.compress(body)
    if zeros and version == 4:
        body, flags = body.replace(b"\xff", b"\xff\0"), flags | 2
    if version == 2:
        frame = b"GEO" + struct.pack(">I", len(body))[1:] + body
    else:
        frame = b"GEOB" + (id3_size(len(body)) if version == 4 else struct.pack(">I", len(body))) + bytes([0, flags])
        frame += body
    frames = b"" if version == 2 else b"TIT2" + struct.pack(">I", 3) + b"\0\0\0ab"
    frames += frame + bytes(20)
    if zeros and version < 4:
        frames = frames.replace(b"\xff", b"\xff\0")
    return b"ID3" + bytes([version, 0, 0x80 if zeros else 0]) + id3_size(len(frames)) + frames


def mp3(tag):
    return tag + (b"\xff\xfb\x90\x64" + bytes(413)) * 4


def ape(payload, has_head=True):
    value = b"a.bin\0" + payload
    items = struct.pack("<II", 4, 0) + b"Title\0word" + struct.pack("<II", len(value), 2) + b"Cover Art (Front)\0" + value
    sizes = struct.pack("<III", 2000, len(items) + 32, 2)
    head = b"APETAGEX" + sizes + struct.pack("<I", 0xA0000000) + bytes(8) if has_head else b""
    return mp3(b"") + head + items + b"APETAGEX" + sizes + struct.pack("<I", 0x80000000 * has_head) + bytes(8)


def picture_block(payload):
    text = b"image/png"
    return struct.pack(">II", 3, len(text)) + text + struct.pack(">I", 0) + bytes(16) + struct.pack(">I", len(payload)) + payload


def flac(payload):
    block = picture_block(payload)
    return b"fLaC\0\0\0\x22" + bytes(34) + b"\x86" + len(block).to_bytes(3, "big") + block + b"\xff\xf8" + bytes(40)


def vorbis_comments(payload, field):
    content = payload if field.lower() == b"coverart" else picture_block(payload)
    text = field + b"=" + base64.b64encode(content)
    return struct.pack("<I", 3) + b"zoo" + struct.pack("<II", 2, 7) + b"TITLE=a" + struct.pack("<I", len(text)) + text


def flac_comments(payload, field=b"METADATA_BLOCK_PICTURE", lost=0):
    """With a block that is declared shorter than its comments by `lost`, as some writers do."""
    block = vorbis_comments(payload, field)
    head = b"fLaC\0\0\0\x22" + bytes(34) + b"\x84" + (len(block) - lost).to_bytes(3, "big")
    return head + block + b"\xff\xf8" + bytes(40)


def ogg(payload, field=b"METADATA_BLOCK_PICTURE"):
    comments = vorbis_comments(payload, field)
    pages = b""
    for number, packet in enumerate((b"OpusHead\1\1" + bytes(9), b"OpusTags" + comments)):
        lengths = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
        # A page ends in the middle of a packet.
        for start in range(0, len(lengths), 2):
            part = lengths[start : start + 2]
            body = packet[start * 255 :][: sum(part)]
            flags = (1 if start else 0) | (2 if not number else 0)
            pages += b"OggS\0" + bytes([flags]) + struct.pack("<QIII", 0, 7, number, 0) + bytes([len(part)]) + part + body
    return pages


def woff(tables, private=b""):
    directory, data = b"", b""
    start = 44 + 20 * len(tables)
    for tag, content in tables:
        packed = zlib.compress(content)
        stored = packed if len(packed) < len(content) else content
        directory += tag + struct.pack(">IIII", start + len(data), len(stored), len(content), 0)
        data += stored + bytes(-len(stored) % 4)
    place = start + len(data) if private else 0
    total = start + len(data) + len(private)
    head = struct.pack(">4sIIHHIHHIIIII", b"wOFF", 0x10000, total, len(tables), 0, 0, 1, 0, 0, 0, 0, place, len(private))
    return head + directory + data + private


def sfnt(tables):
    """The font that `woff` packs."""
    search = 16 << (len(tables).bit_length() - 1)
    head = struct.pack(">IHHHH", 0x10000, len(tables), search, len(tables).bit_length() - 1, 16 * len(tables) - search)
    data, start = b"", 12 + 16 * len(tables)
    for tag, content in tables:
        head += tag + struct.pack(">III", 0, start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    return head + data


def brotli(data):
    """One stored block of at most 64 KiB, and the last, empty one."""
    bits = (len(data) - 1) << 4 | 1 << 20
    return bits.to_bytes(3, "little") + data + b"\3"


def woff2(payload):
    packed = brotli(payload)
    directory = b"\x3fzoo " + bytes([0x80 | len(payload) >> 7, len(payload) & 0x7F])
    total = 48 + len(directory) + len(packed)
    head = struct.pack(">4sIIHHIIHHIIIII", b"wOF2", 0x10000, total, 1, 0, 0, len(packed), 1, 0, 0, 0, 0, 0, 0)
    return head + directory + packed


def swf(payload, packing=b"F"):
    body = b"\x08\0" + b"\0\x0c\1\0"
    body += struct.pack("<HI", 87 << 6 | 63, len(payload) + 6) + struct.pack("<HI", 1, 0) + payload + b"\0\0"
    head = b"WS\x0d" + struct.pack("<I", 8 + len(body))
    if packing == b"C":
        return b"C" + head + zlib.compress(body)
    if packing == b"Z":
        import lzma

        alone = lzma.compress(body, lzma.FORMAT_ALONE)
        return b"Z" + head + struct.pack("<I", len(alone) - 13) + alone[:5] + alone[13:]
    return b"F" + head + body


def ico(images):
    head, place, data = struct.pack("<HHH", 0, 1, len(images)), 6 + 16 * len(images), b""
    for image in images:
        head += struct.pack("<BBBBHHII", 8, 8, 0, 0, 1, 32, len(image), place + len(data))
        data += image
    return head + data


def icns(images):
    body = b"".join(kind + struct.pack(">I", 8 + len(image)) + image for kind, image in images)
    return b"icns" + struct.pack(">I", 8 + len(body)) + body


def pe(resources):
    """A program with resources of these types; a type may be a name."""
    rows, leaves, names, data = [], b"", b"", b""
    named = sorted(key for key, _ in resources if isinstance(key, str))
    order = sorted(resources, key=lambda row: (isinstance(row[0], int), row[0]))
    count = len(order)
    # The tree: a directory of types; for each a directory of one name and one of one language; leaves; texts; data.
    inner, leaf_start = 16 + 8 * count, 16 + 8 * count + 48 * count
    text_start = leaf_start + 16 * count
    texts = b"".join(struct.pack("<H", len(name)) + name.encode("utf-16-le") for name in named)
    data_start = (text_start + len(texts) + 7) // 8 * 8
    root = struct.pack("<IIHHHH", 0, 0, 0, 0, len(named), count - len(named))
    directories, place = b"", text_start
    for number, (key, content) in enumerate(order):
        if isinstance(key, str):
            root += struct.pack("<II", 1 << 31 | place, 1 << 31 | inner + 48 * number)
            place += 2 + 2 * len(key)
        else:
            root += struct.pack("<II", key, 1 << 31 | inner + 48 * number)
        directories += struct.pack("<IIHHHHII", 0, 0, 0, 0, 0, 1, 1, 1 << 31 | inner + 48 * number + 24)
        directories += struct.pack("<IIHHHHII", 0, 0, 0, 0, 0, 1, 1033, leaf_start + 16 * number)
        leaves += struct.pack("<IIII", 0x2000 + data_start + len(data), len(content), 0, 0)
        data += content + bytes(-len(content) % 8)
    section = root + directories + leaves + texts
    section = section.ljust(data_start, b"\0") + data
    section += bytes(-len(section) % 512)
    head = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0"
    head += struct.pack("<HHIIIHH", 0x14C, 2, 0, 0, 0, 224, 0x2102)
    optional = struct.pack("<HBBIIIIII", 0x10B, 1, 0, 512, len(section), 0, 0x1000, 0x1000, 0x2000)
    optional += struct.pack("<IIIHHHHHHIIIIHH", 0x400000, 0x1000, 512, 4, 0, 0, 0, 4, 0, 0, 0x10000, 512, 0, 3, 0)
    optional += struct.pack("<IIIIII", 0x100000, 0x1000, 0x100000, 0x1000, 0, 16)
    optional += bytes(16) + struct.pack("<II", 0x2000, len(section)) + bytes(8 * 13)
    sections = struct.pack("<8sIIIIIIHHI", b".text", 512, 0x1000, 512, 512, 0, 0, 0, 0, 0x60000020)
    sections += struct.pack("<8sIIIIIIHHI", b".rsrc", len(section), 0x2000, len(section), 1024, 0, 0, 0, 0, 0x40000040)
    return (head + optional + sections).ljust(512, b"\0") + b"\xc3" * 512 + section


def new_executable(payload):
    """A program of 16 bits whose only resource is data."""
    head = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"NE" + bytes(34) + struct.pack("<H", 64) + bytes(26)
    head += struct.pack("<HHHI", 0, 0x800A, 1, 0) + struct.pack("<HHHHHHH", 160, len(payload), 0, 0x8001, 0, 0, 0)
    return head.ljust(160, NUL) + payload


def managed(payload):
    """A program of .NET with two resources, in a resource of Windows that is no file."""
    first = struct.pack("<I", 3) + b"one" + bytes(1)
    data = first + struct.pack("<I", len(payload)) + payload
    program = bytearray(pe([(16, data)]))
    address = 0x2000 + program.index(data) - 1024
    # The directory entry, and the header of .NET at the start of the code.
    struct.pack_into("<II", program, 64 + 24 + 96 + 112, 0x1000, 72)
    program[512:584] = struct.pack("<IHHIIIIII", 72, 2, 5, 0, 0, 1, 0, address, len(data)).ljust(72, NUL)
    return bytes(program)


def elf(sections):
    """A file of 64 bits with these sections: name, flags, content."""
    names, data, rows = b"\0", b"", bytes(64)
    for name, flags, content in sections:
        rows += struct.pack("<IIQQQQIIQQ", len(names), 1, flags, 0, 64 + len(data), len(content), 0, 0, 1, 0)
        names += name.encode() + b"\0"
        data += content
    rows += struct.pack("<IIQQQQIIQQ", len(names), 3, 0, 0, 64 + len(data), len(names) + 10, 0, 0, 1, 0)
    names += b".shstrtab\0"
    data += names
    count = len(sections) + 2
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQ", 1, 62, 1, 0, 0, 64 + len(data))
    return head + struct.pack("<IHHHHHH", 0, 64, 0, 0, 64, count, count - 1) + data + rows


def packed_section(payload):
    return struct.pack("<IIQQ", 1, 0, len(payload), 1) + zlib.compress(payload)


def git(*arguments, folder, data=None):
    environment = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null")
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_NAME": "a", f"GIT_{role}_EMAIL": "a@b", f"GIT_{role}_DATE": "1700000000 +0000"}
    command = ["git", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, input=data, check=True, capture_output=True).stdout


def git_files(payload):
    """A binary patch, a stream of fast-export and a loose object, as Git writes them."""
    with tempfile.TemporaryDirectory() as folder:
        git("init", "-q", folder=folder)
        with open(os.path.join(folder, "a.bin"), "wb") as file:
            file.write(payload)
        with open(os.path.join(folder, ".gitattributes"), "w") as file:
            file.write("*.bin binary\n")
        git("add", ".", folder=folder)
        patch = git("diff", "--cached", "--binary", folder=folder)
        git("commit", "-qm", "data 5", folder=folder)
        export = git("fast-export", "HEAD", folder=folder)
        name = git("rev-parse", "HEAD:a.bin", folder=folder).decode().strip()
        with open(os.path.join(folder, ".git/objects", name[:2], name[2:]), "rb") as file:
            return {"binary.patch": patch, "export.git": export, "loose-object": file.read()}


def shell_archive(payload):
    """As shar(1) of sharutils writes text, and a script that writes a file."""
    lines = b"".join(b"X" + line for line in payload.splitlines(keepends=True))
    if not lines.endswith(b"\n"):
        lines += b"\n"
    return b"#!/bin/sh\n# This is a shell archive.\nsed 's/^X//' << 'SHAR_EOF' > 'a' &&\n" + lines + b"SHAR_EOF\nexit 0\n"


def subversion(payload):
    head = b"SVN-fs-dump-format-version: 2\n\nUUID: 7c9e6679-7425-40de-944b-e07fc1f90ae7\n\nRevision-number: 1\nProp-content-length: 10\nContent-length: 10\n\n"
    fields = (b"Node-path: a", b"Node-kind: file", b"Node-action: add", b"Prop-content-length: 10")
    text = b"Text-content-length: %d\nContent-length: %d\n\n" % (len(payload), len(payload) + 10)
    return head + b"PROPS-END\n\n" + b"\n".join(fields) + b"\n" + text + b"PROPS-END\n" + payload + b"\n\n"


def revision(payload):
    head = b"head\t1.1;\naccess;\nsymbols;\nlocks; strict;\ncomment\t@# @;\n\n1.1\ndate\t2023.11.14.22.13.20;\tauthor a;\tstate Exp;\n"
    return head + b"branches;\nnext\t;\n\ndesc\n@@\n\n\n1.1\nlog\n@a@@b\n@\ntext\n@" + payload.replace(b"@", b"@@") + b"@\n"


def pyinstaller(payload):
    packed = zlib.compress(payload)
    names = [(b"m", b"a.py", b"x = 1\n", 0), (b"x", b"b.bin", packed, 1)]
    data, table = b"", b""
    for kind, name, content, flag in names:
        row = 18 + len(name) + 1
        table += struct.pack(">IIIIB", row, len(data), len(content), len(payload), flag) + kind + name + NUL
        data += content
    size = len(data) + len(table) + 24
    record = b"MEI\x0c\x0b\x0a\x0b\x0e" + struct.pack(">IIII", size, len(data), len(table), 311)
    return elf([(".text", 6, b"\xc3" * 16)]) + data + table + record


def every_carrier(payload):
    """The payload, a text without a line end at its end, in each form."""
    tables = [(b"head", bytes(54)), (b"zoo ", payload)]
    lines = payload + b"\n"
    found = {
        **enclosed.every_enclosure(payload, brotli),
        **enclosed_packed.every_packed(payload),
        **pictures.every_picture(payload),
        **firmware.every_image(payload),
        "tag.mkv": matroska_tag(payload),
        "app.asar": asar([("a.js", b"let a = 1;\n"), ("b.bin", payload)]),
        "attached.mkv": matroska(payload),
        "first.mkv": matroska_before_pictures(payload),
        "item.heic": heif(payload),
        "cover.m4a": mp4_cover(payload),
        "two.mp3": mp3(id3(payload, 2)),
        "three.mp3": mp3(id3(payload, 3)),
        "four.mp3": mp3(id3(payload, 4)),
        "packed.mp3": mp3(id3(payload, 4, packed=True)),
        "packed-three.mp3": mp3(id3(payload, 3, packed=True)),
        "sound.wav": b"RIFF" + struct.pack("<I", 5000) + b"WAVEfmt \x10\0\0\0" + bytes(16) + b"id3 " + struct.pack("<I", 4000) + id3(payload, 3),
        "tag.ape": ape(payload),
        "picture.flac": flac(payload),
        "picture.opus": ogg(payload),
        "cover.ogg": ogg(payload, b"CoverArt"),
        "comment.flac": flac_comments(payload, b"metadata_block_picture"),
        "private.woff": woff([(b"head", bytes(54))], payload),
        "tables.woff2": woff2(payload),
        "plain.swf": swf(payload),
        "zlib.swf": swf(payload, b"C"),
        "lzma.swf": swf(payload, b"Z"),
        "entry.ico": ico([formats.png(), payload]),
        "entry.icns": icns([(b"ic07", formats.png()), (b"zoo ", payload)]),
        "data.exe": pe([(10, payload), (16, bytes(90))]),
        "named.exe": pe([("ZOO", payload), (24, b"<assembly/>")]),
        "managed.exe": managed(payload),
        "old.exe": new_executable(payload),
        "program.gresource": elf([(".text", 6, b"\xc3" * 16)]) + enclosed.gresource(payload),
        "section.elf": elf([(".text", 6, b"\xc3" * 16), ("payload", 0, payload)]),
        "packed-section.elf": elf([(".text", 6, b"\xc3" * 16), (".debug_zoo", 0x800, packed_section(payload))]),
        **git_files(payload),
        "repository.dump": subversion(payload),
        "file.c,v": revision(payload),
        "program-py": pyinstaller(payload),
        "archive.shar": shell_archive(payload),
        "writes.sh": b"#!/bin/bash\nset -e\ncat <<-EOF > a\n\tEOF of it\n" + lines + b"\tEOF\necho done\n",
    }
    return found


def add_all(zoo, payload, innocent):
    # A here-document ends with a line end: the payload that is known by its hash has none.
    shell = {"archive.shar", "writes.sh"}
    carriers = {name: data for name, data in every_carrier(payload).items() if name not in shell}
    for name, data in {**carriers, **letters.elsewhere(carriers)}.items():
        zoo.add(f"carried/{name}", data)
    picture = formats.png(comment=innocent[:200])
    for name, data in every_carrier(innocent).items():
        zoo.add(f"carried-innocent/{name}", data)
    for name, data in every_carrier(picture).items():
        if name not in shell:
            zoo.add(f"carried-innocent/picture-{name}", data)
    for name, data in cut(innocent).items():
        zoo.add(f"carried-innocent/cut-{name}", data)


def cut(innocent):
    """Media and programs that end early: players and Windows take what is there, and no file in them is lost."""
    kept = ["item.heic", "cover.m4a", "four.mp3", "picture.flac", "picture.opus", "entry.ico", "data.exe"]
    every = every_carrier(innocent)
    return {name: every[name][: len(every[name]) * 3 // 4] for name in kept}
