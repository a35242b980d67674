"""Containers and media written byte by byte: no installed tool writes them, or not in this variant."""

import gzip
import io
import struct
import tarfile
import zlib


def crc32(data):
    return zlib.crc32(data) & 0xFFFFFFFF


def gzipped(data):
    return gzip.compress(data, mtime=0)


def ar(members):
    """The archive of ar(1), and of Debian's packages."""
    out = b"!<arch>\n"
    for name, data in members:
        out += b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (name.encode(), 1_700_000_000, 0, 0, 0o100644, len(data))
        out += data + b"\n" * (len(data) % 2)
    return out


def cpio(members, form):
    """cpio in one of its forms: newc, crc, odc, bin (16-bit words of this machine, low byte first)."""
    out = b""
    for number, (name, data) in enumerate([*members, ("TRAILER!!!", b"")], 1):
        text = name.encode() + b"\0"
        if form in ("newc", "crc"):
            check = sum(data) & 0xFFFFFFFF if form == "crc" else 0
            values = (number, 0o100644, 0, 0, 1, 1_700_000_000, len(data), 0, 0, 0, 0, len(text), check)
            out += (b"070702" if form == "crc" else b"070701") + b"".join(b"%08X" % value for value in values)
            out += text + b"\0" * (-(110 + len(text)) % 4) + data + b"\0" * (-len(data) % 4)
        elif form == "odc":
            out += b"070707" + b"".join(b"%06o" % value for value in (0, number, 0o100644, 0, 0, 1, 0))
            out += b"%011o%06o%011o" % (1_700_000_000, len(text), len(data)) + text + data
        else:
            mtime, size = 1_700_000_000, len(data)
            out += struct.pack(
                "<13H",
                0o070707,
                0,
                number,
                0o100644,
                0,
                0,
                1,
                0,
                mtime >> 16,
                mtime & 0xFFFF,
                len(text),
                size >> 16,
                size & 0xFFFF,
            )
            out += text + b"\0" * (len(text) % 2) + data + b"\0" * (size % 2)
    return out + b"\0" * (-len(out) % 512)


def rpm(payload):
    """A package with a lead, an empty signature, a header of one tag, and this packed cpio."""
    lead = b"\xed\xab\xee\xdb\x03\x00" + struct.pack(">hh66shh16s", 0, 1, b"zoo-1-1", 1, 5, b"")

    def header(tag, text):
        data = text + b"\0"
        return b"\x8e\xad\xe8\x01\0\0\0\0" + struct.pack(">IIIIII", 1, len(data), tag, 6, 0, 1) + data

    signature = header(1000, b"none")
    return lead + signature + b"\0" * (-len(signature) % 8) + header(1000, b"zoo") + payload


def tar(members, form=tarfile.USTAR_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(data), 1_700_000_000
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def tar_entry(name, data, size=None, kind=b"0", link=b"", magic=b"ustar\x0000"):
    """One entry of a tar and its data, with the field of the size as given."""
    head = bytearray(512)
    head[0 : len(name)] = name
    head[100:124] = b"0000644\0" + b"0000000\0" + b"0000000\0"
    head[124:136] = size if size is not None else b"%011o\0" % len(data)
    head[136:148] = b"14524723200\0"
    head[156:157] = kind
    head[157 : 157 + len(link)] = link
    head[257:265] = magic
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + data + b"\0" * (-len(data) % 512)


def cab(members, packed=False):
    """A cabinet of one folder, stored or MSZIP."""
    content = b"".join(data for _, data in members)
    blocks = []
    for start in range(0, len(content), 32768):
        block = content[start : start + 32768]
        if packed:
            deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
            blocks.append((b"CK" + deflate.compress(block) + deflate.flush(), len(block)))
        else:
            blocks.append((block, len(block)))
    files, offset = b"", 0
    for name, data in members:
        files += struct.pack("<IIHHHH", len(data), offset, 0, 0x5721, 0, 0x20) + name.encode() + b"\0"
        offset += len(data)
    data = b"".join(struct.pack("<IHH", 0, len(block), size) + block for block, size in blocks)
    folder = struct.pack("<IHH", 44 + len(files), len(blocks), 1 if packed else 0)
    total = 44 + len(files) + len(data)
    head = b"MSCF" + struct.pack("<IIIIIBBHHHHH", 0, total, 0, 44, 0, 3, 1, 1, len(members), 0, 1, 0)
    return head + folder + files + data


def arj(members):
    """Stored, as the method 0 of ARJ."""

    def header(kind, name, packed=0, size=0, crc=0):
        basic = struct.pack("<BBBBBBBBIIIIHHH", 30, 11, 1, 2, 0, 0, kind, 0, 0x57210000, packed, size, crc, 0, 0x20, 0)
        basic += name.encode() + b"\0\0"
        return b"\x60\xea" + struct.pack("<H", len(basic)) + basic + struct.pack("<IH", crc32(basic), 0)

    out = header(2, "zoo.arj")
    for name, data in members:
        out += header(0, name, len(data), len(data), crc32(data)) + data
    return out + b"\x60\xea\0\0"


def _crc16(data):
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def lha(members):
    """Stored, as -lh0- with headers of level 0."""
    out = b""
    for name, data in members:
        text = name.encode()
        body = b"-lh0-" + struct.pack("<IIIBBB", len(data), len(data), 0x57210000, 0x20, 0, len(text)) + text
        body += struct.pack("<H", _crc16(data))
        out += bytes([len(body), sum(body) & 0xFF]) + body + data
    return out + b"\0"


def rar4(members, encrypted=False, encrypted_headers=False, solid=False):
    """RAR 2.9 to 4, stored. If encrypted, only the flags and the salt say so; the data is unchanged."""

    def block(kind, flags, body, data=b""):
        head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", crc32(head) & 0xFFFF) + head + data

    out = b"Rar!\x1a\x07\x00"
    out += block(0x73, (0x80 if encrypted_headers else 0) | (0x08 if solid else 0), b"\0" * 6)
    if encrypted_headers:
        return out + b"saltsalt" + members[0][1] * 4
    for name, data in members:
        text = name.encode()
        body = (
            struct.pack("<IIBIIBBHI", len(data), len(data), 3, crc32(data), 0x57210000, 29, 0x30, len(text), 0o100644)
            + text
        )
        flags = 0x8000
        if encrypted:
            flags, body = flags | 0x0404, body + b"saltsalt"
        out += block(0x74, flags, body, data)
    return out + block(0x7B, 0x4000, b"")


def _vint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def rar5(members, encrypted=False, encrypted_headers=False, volume=False):
    """RAR 5, stored. If encrypted, only the records say so; the data is unchanged. A `volume` is the first
    of several, and its last member continues in the next."""

    def block(fields, extra=b"", data=b""):
        head = _vint(len(fields + extra)) + fields + extra
        return struct.pack("<I", crc32(head)) + head + data

    out = b"Rar!\x1a\x07\x01\x00"
    if encrypted_headers:
        out += block(_vint(4) + _vint(0) + _vint(0) + _vint(0) + bytes([15]) + b"s" * 16)
        return out + b"i" * 16 + members[0][1] * 4
    out += block(_vint(1) + _vint(0) + _vint(1 if volume else 0))
    for name, data in members:
        extra = b""
        if encrypted:
            record = _vint(1) + _vint(0) + _vint(0) + bytes([15]) + b"s" * 16 + b"i" * 16
            extra = _vint(len(record)) + record
        text = name.encode()
        fields = (
            _vint(2)
            + _vint((3 if extra else 2) | (0x10 if volume else 0))
            + (_vint(len(extra)) if extra else b"")
            + _vint(len(data))
        )
        fields += _vint(4) + _vint(len(data)) + _vint(0o100644) + struct.pack("<I", crc32(data))
        fields += _vint(0) + _vint(1) + _vint(len(text)) + text
        out += block(fields, extra, data)
    return out + block(_vint(5) + _vint(4) + _vint(1 if volume else 0))


def pdf(objects, trailer=b"", at=0):
    """A PDF of these objects (number 1 is the catalogue), with a correct cross-reference table."""
    out, offsets = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(at + len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = at + len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return out


def pdf_stream(data, entries=b""):
    return b"<< /Length %d %s >>\nstream\n" % (len(data), entries) + data + b"\nendstream"


PDF_PAGES = [
    b"<< /Type /Catalog /Pages 2 0 R >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R >>",
]


def png(width=8, height=8, comment=None, rows=None):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))

    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    if comment is not None:
        out += chunk(b"tEXt", b"Comment\0" + comment)
    if rows is None:
        rows = zlib.compress(b"".join(b"\0" + bytes((x * y) & 0xFF for x in range(width)) for y in range(height)))
    return out + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def gif(comment=None):
    out = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    if comment is not None:
        out += (
            b"\x21\xfe"
            + b"".join(
                bytes([len(part)]) + part for part in (comment[i : i + 255] for i in range(0, len(comment), 255))
            )
            + b"\0"
        )
    return out + b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b"


def jpeg(segments=b""):
    """A whole JPEG of one grey block of 8 by 8, with these segments after its first marker."""
    quantisation = b"\xff\xdb" + struct.pack(">HB", 67, 0) + b"\x10" * 64
    frame = b"\xff\xc0" + struct.pack(">HBHHBBBB", 11, 8, 8, 8, 1, 1, 0x11, 0)
    # One code of one bit for each table: the value 0 (no difference; end of block).
    tables = b"".join(
        b"\xff\xc4" + struct.pack(">HB", 20, kind) + b"\x01" + b"\0" * 15 + b"\0" for kind in (0x00, 0x10)
    )
    scan = b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0, 0, 63, 0) + b"\x3f"
    jfif = b"\xff\xe0" + struct.pack(">H5sHBHHBB", 16, b"JFIF\0", 0x0101, 0, 1, 1, 0, 0)
    return b"\xff\xd8" + jfif + segments + quantisation + frame + tables + scan + b"\xff\xd9"


def jpeg_segment(marker, data):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def mp4():
    def box(kind, data):
        return struct.pack(">I", 8 + len(data)) + kind + data

    return (
        box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
        + box(b"mdat", bytes(range(256)) * 80)
        + box(b"moov", box(b"mvhd", bytes(100)))
    )
