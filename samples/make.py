"""Makes the files in samples/files. They are part of the repository; run this only to change them.

Each is built byte by byte, so that it is free of copyright and its content is evident.
"""

import pathlib
import random
import struct
import zlib

FOLDER = pathlib.Path(__file__).parent / "files"


def png(width: int, height: int) -> bytes:
    """A gradient in eight-bit colour (ISO/IEC 15948)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += bytes((40 + 160 * x // width, 90 + 120 * y // height, 200 - 100 * x // width))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(rows), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def jpeg(side: int) -> bytes:
    """A grey ramp in baseline JPEG (ITU-T T.81): each block of 8 by 8 has one shade, so that only DC values are coded."""

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    # One code of five bits for each category 0 to 11 of a DC difference; one code of one bit for "end of block".
    dc_table = bytes([0, 0, 0, 0, 12] + [0] * 11) + bytes(range(12))
    ac_table = bytes([1] + [0] * 15) + bytes([0])
    bits, previous = "", 0
    for y in range(side // 8):
        for x in range(side // 8):
            value = 8 * (x + y) - 60
            difference, previous = value - previous, value
            size = abs(difference).bit_length()
            bits += format(size, "05b")
            if size:
                bits += format(difference if difference > 0 else difference + (1 << size) - 1, f"0{size}b")
            bits += "0"
    bits += "1" * (-len(bits) % 8)
    coded = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\x00")
    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\0" + struct.pack(">HBHHBB", 0x0101, 0, 1, 1, 0, 0))
        + segment(0xDB, b"\0" + bytes([8] * 64))
        + segment(0xC0, struct.pack(">BHHB", 8, side, side, 1) + bytes([1, 0x11, 0]))
        + segment(0xC4, b"\x00" + dc_table)
        + segment(0xC4, b"\x10" + ac_table)
        + segment(0xDA, bytes([1, 1, 0, 0, 63, 0]))
        + coded
        + b"\xff\xd9"
    )


def pdf(words: str) -> bytes:
    """One page with one line of text (ISO 32000-1)."""
    stream = f"BT /F1 18 Tf 60 700 Td ({words}) Tj ET".encode()
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
        b" /Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    file, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(file)
    return file + b"xref\n0 6\n0000000000 65535 f \n" + table + trailer


def executable() -> bytes:
    """A program for 64-bit Linux that exits at once with 0: one segment, twelve bytes of code (System V ABI)."""
    code = bytes.fromhex("b83c00000031ff0f05") + b"\x90" * 3
    start, size = 0x400000, 64 + 56 + len(code)
    header = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + struct.pack(
        "<HHIQQQIHHHHHH", 2, 62, 1, start + 120, 64, 0, 0, 64, 56, 1, 0, 0, 0
    )
    return header + struct.pack("<IIQQQQQQ", 1, 5, 0, start, start, size, size, 0x1000) + code


def encrypted_zip(name: str, text: bytes, password: bytes) -> bytes:
    """A ZIP with one stored entry under the traditional encryption (PKWARE APPNOTE.TXT, 6.1)."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def crc(value: int, byte: int) -> int:
        return zlib.crc32(bytes([byte]), value ^ 0xFFFFFFFF) ^ 0xFFFFFFFF

    def update(byte: int) -> None:
        keys[0] = crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc(keys[2], keys[1] >> 24)

    def encrypt(data: bytes) -> bytes:
        out = bytearray()
        for byte in data:
            mixed = (keys[2] | 2) & 0xFFFF
            out.append(byte ^ ((mixed * (mixed ^ 1)) >> 8 & 0xFF))
            update(byte)
        return bytes(out)

    for byte in password:
        update(byte)
    check = zlib.crc32(text)
    data = encrypt(random.Random(1).randbytes(11) + bytes([check >> 24]) + text)
    common = struct.pack("<HHHHHIIIHH", 20, 1, 0, 0, 0x5A21, check, len(data), len(text), len(name), 0)
    local = b"PK\x03\x04" + common + name.encode() + data
    central = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name.encode()
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


FILES = {
    "holiday.png": png(96, 64),
    "portrait.jpg": jpeg(64),
    "invoice.pdf": pdf("Invoice 2026-117: one lighthouse, painted."),
    "minutes.txt": "Minutes of the harbour council\n\nThe quarantine station stays where it is.\n".encode(),
    "screenshot.png": executable(),
    "payslips.zip": encrypted_zip("payslips.txt", b"January: 3,100\nFebruary: 3,100\n", b"lighthouse"),
    "empty.txt": b"",
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, data in FILES.items():
        (FOLDER / name).write_bytes(data)
