"""Honest files that are easily taken for something else: `python3 honest.py OUT` writes one file for each row, named by what it
shows. Standard library only, so that each byte is known."""

import io
import pathlib
import struct
import sys
import zipfile
import zlib

FILES: dict[str, bytes] = {}


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*more: bytes) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + png_chunk(b"IDAT", zlib.compress(b"\0" * 13 * 4)) + png_chunk(b"IEND", b"")


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


JFIF = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
EXIF = segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")
ICC = segment(0xE2, b"ICC_PROFILE\0\1\1" + b"x" * 40)
ADOBE = segment(0xEE, b"Adobe\0\x64\0\0\0\0\0")
SCAN = (
    segment(0xDB, b"\0" + b"\1" * 64) + segment(0xC0, b"\x08\0\x08\0\x08\1\1\x11\0") + segment(0xC4, b"\0\1" + b"\0" * 16)
    + segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x7f" * 20 + b"\xff\xd9"
)


def jpeg(*segments: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(segments) + SCAN


def tiff(entries: int = 1) -> bytes:
    return b"II*\0\x08\0\0\0" + struct.pack("<H", entries) + struct.pack("<HHII", 256, 4, 1, 4) + b"\0" * 4


FILES |= {
    # Pictures of a shape that the engine's readers find fault with, and viewers do not.
    "picture-exif-twice.jpg": jpeg(EXIF, EXIF),
    "picture-jfif-twice.jpg": jpeg(JFIF, JFIF),
    "picture-jfif-behind-icc.jpg": jpeg(ICC, JFIF),
    "picture-jfif-behind-adobe.jpg": jpeg(ADOBE, JFIF),
    "picture-exif-fourth.jpg": jpeg(JFIF, ICC, ADOBE, EXIF),
    "picture-cut-short.png": png()[:-9],
    "picture-odd-block.gif": b"GIF89a\1\0\1\0\0\0\0\x99" + b"\0" * 20,
    "picture-more-entries-than-bytes.tif": tiff(9),
    "dicom-with-tiff-head.dcm": (tiff() + b"\0" * 128)[:128] + b"DICM" + b"\2\0\0\0UL\4\0" + b"\0" * 200,
}


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R/Size 4>>\n%%EOF\n"
)


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        for name, body in members.items():
            z.writestr(name, body)
    return out.getvalue()


def signed(content: bytes) -> bytes:
    """A CMS signature over its own content, without a signer (RFC 5652)."""
    def der(tag: int, body: bytes) -> bytes:
        return bytes([tag, 0x83]) + len(body).to_bytes(3, "big") + body
    data = bytes.fromhex("06092a864886f70d010701") + der(0xA0, der(0x04, content))
    body = der(0x02, b"\1") + der(0x31, b"") + der(0x30, data) + der(0x31, b"")
    return der(0x30, bytes.fromhex("06092a864886f70d010702") + der(0xA0, der(0x30, body)))


def pdf_with(attachment: bytes) -> bytes:
    stream = b"4 0 obj<</Type/EmbeddedFile/Length %d>>\nstream\n" % len(attachment) + attachment + b"\nendstream endobj\n"
    return PDF.replace(b"trailer", stream + b"trailer")


FILES |= {
    # Nothing of these is a second form.
    "whole-pdf-with-attached-zip.pdf": pdf_with(zipped(readme=b"words")),
    "whole-signed-pdf.p7m": signed(PDF),
    "whole-emf-with-pdf.emf": b"\1\0\0\0" + b"\x6c\0\0\0" + b"\0" * 32 + b" EMF" + b"\0\0\1\0" + b"\0" * 60 + PDF + b"\0" * 40,
    "whole-pixels-with-php-tag.png": png(png_chunk(b"teST", b"<?=<;<=>>==>>>>>=>>>>>?>" * 4)),
    # Texts that begin like something else.
    "text-begins-mz.txt": b"MZ is the mark of a program. " * 10,
    "text-begins-gif.txt": b"GIF89a is what such a picture begins with.\n" * 4,
    "text-begins-cws.txt": b"CWS: Cooperative Weather Service\n" * 4,
    "text-begins-rar.txt": b"Rar! said the lion.\n" * 4,
    "text-begins-bm.txt": b"BM. The British Museum is open daily.\n" * 4,
    "text-begins-article.txt": b"Article 1 - Subject\n\nThe tenant rents the flat on the second floor.\n",
}

def lzma_like(properties: int, dictionary: int, size: int) -> bytes:
    """Bytes with the shape of an `.lzma` header, and of no stream behind it."""
    head = bytes([properties]) + struct.pack("<IQ", dictionary, size) + b"\0"
    return head + bytes((number * number * 7 + properties) & 255 for number in range(1, 3000))


FILES |= {
    f"lzma-like-{properties:02x}-{dictionary:x}-{size & 0xFFFF:x}.dat": lzma_like(properties, dictionary, size)
    for properties in (0x00, 0x01, 0x2C, 0x5E, 0xA0, 0xE0)
    for dictionary in (1 << 16, 3 << 20, 1 << 30, 3 << 29, 1 << 31, 0xFFFFFFFF)
    for size in ((1 << 64) - 1, 4000)
}
FILES |= {
    "text-begins-lha.txt": b"xx-lh5- is how LHA marks a member. " * 6,
    "text-begins-lzs.txt": b"01-lzs- was the method before it. " * 6,
}

# Dumps of bytes in digits, in which marks and headers of archives stand by chance, and no name that a zero ends.
FILES |= {
    f"digits-{mark}{'-in-lines' if lines else ''}.txt": (b"\n" if lines else b"").join(
        [b"0123456789abcdef0011223344556677" * 2] * 9 + [mark.encode() + b"0" * 60 + b"1" * 58] + [b"00" * 60] * 9)
    for mark in ("070701", "070702", "070707") for lines in (False, True)
}
FILES |= {
    "text-about-gimp.dtd": b"<!-- simple DTD for GIMP authors -->\n\n<!ELEMENT gimp-authors (creator+)>\n",
}



def with_sum_of_tar(block: bytes) -> bytes:
    """A block of numbers in which some digits are the sum of the others, as in a header of tar."""
    digits = b"%o" % (sum(block[:148]) + sum(block[156:512]) + 8 * 0x20)
    return block[:148] + digits.ljust(8) + block[156:]


def table(row: str, *, end: bytes = b"\n") -> bytes:
    return b"".join((row % (n * 37 % 1013, n * 7 % 64, n * n % 911)).encode() + end for n in range(900))


# Tables of numbers, in which a block looks like a header of tar: by its sum alone, and with the other fields in octal digits.
for name, rows in (
    ("coordinates.wrl", table("%d.25 -%d.5 %d.125,")), ("indices.wrl", table("%d, %d, %d, -1,")), ("faces.obj", table("f %d %d %d")),
    ("octal.txt", table("%04o %04o %04o")), ("ones.txt", b"1 1 1\n" * 3000), ("columns.txt", table("%d\t%d\t%d", end=b"\r\n")),
):  # fmt: skip
    for place in (0, 512, 3072):
        FILES[f"table-{place}-{name}"] = rows[:place] + with_sum_of_tar(rows[place : place + 512]) + rows[place + 512 :]
    FILES[f"table-often-{name}"] = b"".join(with_sum_of_tar(rows[n : n + 512]) for n in range(0, 5120, 512))

# Records of numbers, in which some bytes look like the first block of an ext2 file system.
for name, free_blocks, first, cluster, in_group, group, copy in (
    ("free", 9000, 1, 0, 20, 20, 0), ("first", 9, 0, 0, 20, 20, 0), ("cluster", 9, 1, 3, 20, 20, 0), ("group", 9, 1, 0, 20, 10, 0),
    ("copy", 9, 1, 0, 20, 20, 7),
):  # fmt: skip
    records = b"".join(struct.pack("<hhhh", n * 37 % 1013, n * 7 % 64, -(n % 911), 0) for n in range(900))
    block = struct.pack("<14I", 60, 80, 3, free_blocks, 2, first, 0, cluster, in_group, group, 12, 5, 6, 7)
    block += b"\x53\xef" + struct.pack("<HHHIIIIIHH", 1, 1, 0, 3, 4, 0, 1, 0, 11, 128) + struct.pack("<H", copy)
    FILES[f"records-{name}.dat"] = records[:3000] + block + records[3000:]

# A program with the texts of which it makes PDF: objects without their numbers, ends without their places.
TEMPLATES = (
    b"%%PDF-1.3\n", b"1 0 obj\n<<\n/Type /Catalog\n/Pages 2 0 R\n>>\nendobj\n", b"5 0 obj\n  << /Length 6 0 R >>\nstream\n",
    b"\nendstream\nendobj\n", b"7 0 obj\n[/PDF /Text]\nendobj\n", b"trailer\n<< /Size 10 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n",
    b"%d 0 obj\n<< /Length %d 0 R >>\nstream\n", b"%%PDF-1.3\n", b"3 0 obj\n<<\n/Creator (words)\n>>\nendobj\n", b"some words",
)  # fmt: skip
PROGRAM = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 64, 0, 0)
for name, texts in (("whole", TEMPLATES[1:6]), ("cut", TEMPLATES[6:]), ("other-order", TEMPLATES[5:] + TEMPLATES[1:3])):
    rest = bytes(2000) + b"\0\0\0".join(texts) + bytes(90)
    head = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 120 + len(rest), 120 + len(rest), 4096)
    FILES[f"program-that-writes-pdf-{name}"] = PROGRAM + head + rest

# A program that loaders start as a kernel of Linux: its first sector ends as that of a disk.
SETUP = bytearray(1536)
SETUP[:8] = b"\xeb\x3c\x90words"
SETUP[0x1F1] = 2
struct.pack_into("<I", SETUP, 0x1F4, 256)
SETUP[0x1FE:0x202] = b"\x55\xaa\xeb\x66"
SETUP[0x202:0x206] = b"HdrS"
struct.pack_into("<H", SETUP, 0x206, 0x20C)
FILES["memory-test.bin"] = bytes(SETUP) + bytes(n * 37 % 251 for n in range(4096))

# A component of WebAssembly with a module in it.
MODULE = b"\0asm\1\0\0\0" + b"\0\6\4name" + b"x"
FILES["component.wasm"] = b"\0asm\x0d\0\1\0" + b"\1" + bytes([len(MODULE)]) + MODULE + b"\0\6\4name" + b"x"

FILES["about-headers.md"] = b"# Headers of files\n\nA document begins with `%PDF-1.7`, a picture with `\xe2\x80\xb0PNG`.\n"

if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1])
    for name, body in FILES.items():
        (out / name).write_bytes(body)
