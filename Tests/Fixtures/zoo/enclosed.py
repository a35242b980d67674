"""Further forms that carry files: chunks of RIFF, headers of ASF, objects of Photoshop, EPS with a preview, patches, saved
HTTP messages. Each with one payload where the form's own software takes it out."""

import gzip
import struct
import uuid
import zlib

import formats


def riff(kind, chunks, order="<"):
    """A chunk may be a list: its kind and chunks."""

    def body(chunks):
        found = b""
        for name, content in chunks:
            if isinstance(content, tuple):
                name, content = b"LIST", content[0] + body(content[1])
            found += name + struct.pack(order + "I", len(content)) + content + bytes(len(content) % 2)
        return found

    content = kind + body(chunks)
    return (b"RIFF" if order == "<" else b"RIFX") + struct.pack(order + "I", len(content)) + content


def cursor(payload, order="<"):
    frames = [(b"icon", b"\0\0\2\0" + bytes(19)), (b"icon", payload)]
    return riff(b"ACON", [(b"anih", struct.pack("<9I", 36, 2, 2, 0, 0, 0, 0, 10, 1)), (b"", (b"fram", frames))], order)


def asf_object(name, content):
    return uuid.UUID(name).bytes_le + struct.pack("<Q", 24 + len(content)) + content


def wide(text):
    return (text + "\0").encode("utf-16-le")


def asf(payload, name="WM/Picture", library=True):
    """An attribute of the header: in the library of the header's extension, or in the extended description."""
    value = payload
    if name == "WM/Picture":
        value = b"\3" + struct.pack("<I", len(payload)) + wide("image/png") + wide("about") + payload
    key = wide(name)
    if library:
        row = struct.pack("<HHHHI", 0, 0, len(key), 1, len(value)) + key + value
        rows = asf_object("44231C94-9498-49D1-A141-1D134E457054", struct.pack("<H", 1) + row)
        inner = uuid.UUID("ABD3D211-A9BA-11CF-8EE6-00C00C205365").bytes_le + struct.pack("<HI", 6, len(rows)) + rows
        table = asf_object("5FBF03B5-A92E-11CF-8EE3-00C00C205365", inner)
    else:
        row = struct.pack("<H", len(key)) + key + struct.pack("<HH", 1, len(value)) + value
        table = asf_object("D2D0A440-E307-11D2-97F0-00A0C95EA850", struct.pack("<H", 1) + row)
    # The properties of the file, which are not read, precede it.
    objects = asf_object("8CABDCA1-A947-11CF-8EE4-00C00C205365", bytes(80)) + table
    return asf_object("75B22630-668E-11CF-A6D9-00AA0062CE6C", struct.pack("<I", 2) + b"\1\2" + objects) + bytes(50)


def photoshop_thumbnail(payload, name=b""):
    text = bytes([len(name)]) + name
    head = struct.pack(">IIIIIIHH", 1, 8, 8, 24, 192, len(payload), 24, 1)
    data = head + payload
    return b"8BIM\x04\x0c" + text + bytes(len(text) % 2) + struct.pack(">I", len(data)) + data + bytes(len(data) % 2)


def linked_file(payload, version=7, description=b""):
    name = "a.psb".encode("utf-16-be")
    record = b"liFD" + struct.pack(">I", version) + b"\x24" + b"0" * 36 + struct.pack(">I", len(name) // 2) + name
    record += b"8BPB8BIM" + struct.pack(">QB", len(payload), 1 if description else 0) + description + payload
    if version >= 5:
        record += struct.pack(">I", 3) + "abc".encode("utf-16-be")
    record += (bytes(8) if version >= 6 else b"") + (b"\0" if version >= 7 else b"")
    return struct.pack(">Q", len(record)) + record


def psd(resources=b"", linked=b""):
    head = b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 1, 1, 8, 3) + struct.pack(">I", 0)
    block = b"8BIMlnk2" + struct.pack(">I", len(linked)) + linked if linked else b""
    layers = struct.pack(">II", 0, 0) + block
    return head + struct.pack(">I", len(resources)) + resources + struct.pack(">I", len(layers)) + layers + bytes(5)


def dos_postscript(text, preview):
    place = 30 + len(text)
    head = b"\xc5\xd0\xd3\xc6" + struct.pack("<IIIIIIH", 30, len(text), 0, 0, place, len(preview), 0xFFFF)
    return head + text + preview


def new_file(payload, end=b"\n"):
    """As `git diff` shows a new file, between two changes of others."""
    lines = payload.split(b"\n")
    body = b"".join(b"+" + line + end for line in lines if line is not lines[-1] or line)
    if not payload.endswith(b"\n"):
        body += b"\\ No newline at end of file" + end
    head = [b"diff --git a/b.txt b/b.txt", b"--- a/b.txt", b"+++ b/b.txt", b"@@ -1 +1 @@", b"-old", b"+new"]
    head += [b"diff --git a/a.txt b/a.txt", b"new file mode 100644", b"--- /dev/null", b"+++ b/a.txt"]
    head.append(b"@@ -0,0 +1,%d @@" % len(lines))
    return end.join(head) + end + body + end.join([b"diff --git a/c.txt b/c.txt", b"deleted file mode 100644", b""])


def context_patch(payload):
    lines = payload.split(b"\n")
    body = b"".join(b"+ " + line + b"\n" for line in lines)
    head = b"*** /dev/null\t2023-11-14\n--- a.txt\t2023-11-14\n***************\n*** 0 ****\n"
    return head + b"--- 1,%d ----\n" % len(lines) + body + b"\\ No newline at end of file\n"


def darcs_binary(payload):
    digits = payload.hex().encode()
    rows = b"".join(b"*" + digits[place : place + 78] + b"\n" for place in range(0, len(digits), 78))
    head = b"\nNew patches:\n\n[a change\na@b**20231114221320\n] addfile ./a\nbinary ./a\noldhex\n*\nnewhex\n"
    return head + rows + b"\n\nContext:\n"


def chunked(data, size=100):
    pieces = [data[place : place + size] for place in range(0, len(data), size)]
    return b"".join(b"%x;a=b\r\n" % len(piece) + piece + b"\r\n" for piece in pieces) + b"0\r\nTrailer: a\r\n\r\n"


def answer(body, *fields):
    return b"HTTP/1.1 200 OK\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def warc(block):
    head = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(block) + block + b"\r\n\r\n"


def universal(payload):
    rows = struct.pack(">IIIII", 7, 3, 4096, 16, 12) + struct.pack(">IIIII", 0x01000007, 3, 8192, len(payload), 12)
    return (struct.pack(">II", 0xCAFEBABE, 2) + rows).ljust(4096, b"\0") + b"\xce\xfa\xed\xfe" + bytes(4092) + payload


def u_boot(images, kind=4):
    data = b"".join(struct.pack(">I", len(image)) for image in images) + bytes(4) if kind == 4 else b""
    data += b"".join(image + bytes(-len(image) % 4 if kind == 4 else 0) for image in images)
    head = struct.pack(">IIIIIII", 0x27051956, 0, 0, len(data), 0, 0, zlib.crc32(data)) + bytes([5, 2, kind, 0])
    return head.ljust(64, b"\0") + data


def android(payload, version=2):
    page = 4096 if version > 2 else 2048
    if version > 2:
        head = b"ANDROID!" + struct.pack("<IIII", 700, len(payload), 0, 1580) + bytes(16) + struct.pack("<I", version)
    else:
        head = b"ANDROID!" + struct.pack("<8I", 700, 0, len(payload), 0, 0, 0, 0, page) + struct.pack("<I", version)
    return head.ljust(page, b"\0") + bytes(700).ljust(page, b"\0") + payload.ljust(-(-len(payload) // page) * page, b"\0")


def gresource(payload, packed=False):
    """A table of one file, in a table of one folder."""
    content = zlib.compress(payload) if packed else payload + b"\0"
    value = struct.pack("<II", len(payload), int(packed)) + content + b"\0(uuay)"
    inner, key = 24 + 8 + 4 + 24, 24 + 2 * (8 + 4 + 24)
    place = (key + 3 + 7) // 8 * 8

    def table(kind, start, end):
        return struct.pack("<III", 0, 1, 0) + struct.pack("<IIIHBBII", 0, 0xFFFFFFFF, key, 3, ord(kind), 0, start, end)

    head = b"GVariant" + struct.pack("<IIII", 0, 0, 24, inner)
    body = head + table("H", inner, key) + table("v", place, place + len(value)) + b"/a/"
    return body.ljust(place, b"\0") + value


def dicom(payload):
    """An encapsulated document, behind what names the file."""
    even = payload + bytes(len(payload) % 2)
    head = bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, 0)
    title = struct.pack("<HH2sH", 0x42, 0x12, b"LO", 16) + b"application/pdf "
    return head + struct.pack("<HH2sHI", 0x42, 0x11, b"OB", 0, len(even)) + even + title


def dicom_without_types(payload):
    even = payload + bytes(len(payload) % 2)
    return bytes(128) + b"DICM" + struct.pack("<HHI", 0x42, 0x11, len(even)) + even


def palm(records, resources=False):
    head = b"book".ljust(32, b"\0") + struct.pack(">H", int(resources)) + bytes(26) + b"BOOKMOBI" + bytes(8)
    row = 10 if resources else 8
    place, rows = 78 + row * len(records) + 2, b""
    for number, record in enumerate(records):
        rows += (b"data" + struct.pack(">HI", number, place)) if resources else struct.pack(">II", place, number)
        place += len(record)
    return head + struct.pack(">H", len(records)) + rows + bytes(2) + b"".join(records)


def box(kind, body):
    return struct.pack(">I4s", 8 + len(body), kind) + body


def jpeg_2000(payload):
    file = box(b"jumb", box(b"jumd", bytes(17)) + box(b"bfdb", b"\0a/b\0") + box(b"bidb", payload))
    return box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ") + file


def jpeg_xl(content):
    return box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl ") + content


def every_enclosure(payload, brotli):
    encoded = answer(chunked(brotli(payload)), b"Transfer-Encoding: chunked", b"Content-Encoding: br")
    moved = b"HTTP/1.1 301 Moved\r\nLocation: /a\r\n\r\n"
    plain = b"%!PS-Adobe-3.0 EPSF-3.0\nshowpage\n"
    return {
        "frames.ani": cursor(payload),
        "big.ani": cursor(payload, ">"),
        "song.rmi": riff(b"RMID", [(b"data", payload)]),
        "picture.wma": asf(payload),
        "attribute.wmv": asf(payload, "ID3/GEOB"),
        "description.asf": asf(payload, library=False),
        "thumbnail.psd": psd(photoshop_thumbnail(payload, b"a")),
        "linked.psd": psd(linked=linked_file(b"innocent", 2) + linked_file(payload)),
        "described.psd": psd(linked=linked_file(payload, 7, bytes(40))),
        "preview.eps": dos_postscript(plain, payload),
        "postscript.eps": dos_postscript(payload, formats.png()),
        "universal": universal(payload),
        "one.uimage": u_boot([payload], 2),
        "several.uimage": u_boot([b"first", payload]),
        "old-boot.img": android(payload),
        "new-boot.img": android(payload, 4),
        "stored.gresource": gresource(payload),
        "packed.gresource": gresource(payload, packed=True),
        "document.dcm": dicom(payload),
        "untyped.dcm": dicom_without_types(payload),
        "book.mobi": palm([b"first", payload, b"last"]),
        "program.prc": palm([b"first", payload], resources=True),
        "jumbf.jp2": jpeg_2000(payload),
        "xml.jxl": jpeg_xl(box(b"xml ", payload)),
        "brotli.jxl": jpeg_xl(box(b"brob", b"xml " + brotli(payload))),
        "new.patch": new_file(payload),
        "context.patch": context_patch(payload),
        "binary.darcs": darcs_binary(payload),
        "chunked.http": moved + answer(chunked(payload), b"Transfer-Encoding: chunked"),
        "packed.http": answer(chunked(gzip.compress(payload, mtime=0)), b"Transfer-Encoding: chunked"),
        "brotli.http": encoded,
        "second.http": answer(b"first", b"Content-Length: 5") + answer(payload, b"Content-Type: a/b"),
        "request.http": b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(payload) + payload,
        "encoded.warc": warc(encoded),
    }
