"""Writes objects that can be read in two forms, and innocent ones that look like it: python3 polyglots.py FOLDER

A file's name ends in the second forms that it is expected to have, by short names with '+' between them: `gif.js`, or in
`none`.
"""
import gzip
import os
import struct
import sys
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(globals().get("__file__", sys.argv[0]))))
from samples import GIF, JPEG, LOREM, PDF, archive, box, chunk, compound, executable, media, png, riff, tar  # noqa: E402

ZIP = archive(("page.html", "<script>alert(1)</script>" * 9))
BIG = bytes((i * 37 + i // 251) & 0xFF for i in range(150_000))
SCRIPT = b"=1;alert('words');"


def gif_script(comment=b""):
    """A GIF whose width reads as the start of a comment that the script ends."""
    return b"GIF89a/*" + b"\1\0\x80\0\0" + bytes(6) + comment + b";" + b"*/" + SCRIPT


def jpeg_with(segment, marker=0xFE):
    return JPEG[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(segment) + 2) + segment + JPEG[2:]


def gif_with(comment):
    parts = b"".join(bytes([len(comment[i:i + 255])]) + comment[i:i + 255] for i in range(0, len(comment), 255))
    return GIF[:19] + b"!\xfe" + parts + b"\0" + GIF[19:]


XMP = (b'http://ns.adobe.com/xap/1.0/\0<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
       b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>')
MARKUP = b"<html><body><script>alert(1)</script></body></html>"
RAR = b"Rar!\x1a\7\1\0" + bytes(64)
SEVEN = b"7z\xbc\xaf\x27\x1c\0\4" + bytes(64)
LONG_BMP = b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54 + 90_000, 0, 0, 54, 40, 300, 100, 1, 24, 0, 90_000, 0, 0, 0, 0) + BIG[:90_000]
JPEG_SCRIPT = (b"\xff\xd8\xff\xe0\x2f\x2a" + b"JFIF\0\1\1\0\0\1\0\1\0\0" + bytes(0x2F2A - 16) + b"*/=1;alert(1);/*" + JPEG[20:-2]
               + b"*/" + b"\xff\xd9")

FILES = {
    # A ZIP behind something else.
    "jpeg-zip.zip": JPEG + ZIP, "gif-zip.zip": GIF + ZIP, "png-zip.zip": png() + ZIP, "pdf-zip.zip": PDF + ZIP, "exe-zip.exe": executable("exe") + ZIP,
    "mp4-zip.zip": media(b"isom", b"isom") + ZIP, "text-zip.txt": LOREM.encode() + ZIP,
    "png-zip-commented.zip": png() + archive(("a.txt", "words"))[:-2] + struct.pack("<H", 5) + b"words",
    "png-zip-trailed.zip": png() + ZIP + bytes(40), "png-far-zip.zip": png() + BIG + ZIP,
    "bmp-zip.bmp": LONG_BMP + ZIP, "webp-zip.zip": riff(b"WEBP", b"VP8L" + struct.pack("<I", 10) + b"\x2f" + bytes(9)) + ZIP,
    "gz-zip.gz": gzip.compress(LOREM.encode(), mtime=0) + ZIP, "html-zip.html": MARKUP + ZIP, "font-zip.zip": b"wOFF\0\1\0\0" + bytes(64) + ZIP,
    # A PDF in something else.
    "gif-pdf.pdf": gif_with(b"%PDF-1.4\n") [:30] + b"\n" + PDF, "png-pdf.pdf": png(chunk(b"teXt", PDF)),
    "jpeg-pdf.pdf": jpeg_with(PDF), "text-pdf.none": b"words\n" * 60 + PDF, "zip-pdf.pdf": None, "random-pdf.none": BIG[:500] + PDF,
    "page-pdf.html": MARKUP + PDF, "text-before-pdf.none": b"words\n" * 20 + PDF,
    # A picture that is a script.
    "gif.js": b"GIF89a=1;/*" + bytes(30) + b"*/alert(1);", "gif-comment.js": gif_script(), "gif-far.js": gif_script(BIG.replace(b"*/", b"**")),
    "bmp.js": b"BM/*" + LONG_BMP[4:300].replace(b"*/", b"**") + b"*/" + SCRIPT, "jpeg.js": JPEG_SCRIPT,
    "webp.js": b"RIFF/*\0\0WEBPVP8L" + bytes(40) + b"*/" + SCRIPT,
    "gif-text.js": b"GIF89a='\0\1\0\x80\0\0\xff\xff';alert(1)//" + bytes(9),
    # A page in a picture.
    "jpeg-comment.html": jpeg_with(MARKUP), "gif-comment.html": gif_with(MARKUP), "png-text.html": png(chunk(b"tEXt", b"Comment\0" + MARKUP)),
    "jpeg-behind.html": JPEG + MARKUP, "png-capitals.html": png() + b"<ScRiPt src=x></sCrIpT>", "gif-svg.html": GIF + b'<svg xmlns="x" onLoad="alert(1)">',
    "jpeg-exif.html": jpeg_with(b"Exif\0\0MM\0*\0\0\0\x08" + MARKUP, 0xE1), "bmp-far.html": LONG_BMP + MARKUP + BIG,
    # PHP in a picture.
    "jpeg-comment.php": jpeg_with(b"<?php system($_GET['c']); ?>"), "gif-behind.php": GIF + b"<?PHP\neval($_POST[0]);",
    "gif-unclosed.php": GIF + b"<?=`$_GET[0]`;", "png-echo.php": png(chunk(b"tEXt", b"Comment\0<?=`$_GET[0]`?>")),
    # Archives and programs behind a picture.
    "jpeg-rar.rar": JPEG + RAR, "png-7z.7z": png() + SEVEN, "gif-exe.exe": GIF + executable("exe"), "png-elf.elf": png() + executable("elf"),
    "jpeg-padded-exe.exe": JPEG + bytes(600) + executable("dll"), "png-far-rar.rar": png() + RAR + BIG, "mp4-rar.rar": media(b"isom", b"isom") + RAR + BIG,
    "jpeg-two.rar+7z": JPEG + RAR + SEVEN,
    # Innocent: what cameras and editors write, and archives that hold others.
    "jpeg-xmp.none": jpeg_with(XMP, 0xE1), "png-xmp.none": png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)),
    "jpeg-motion.none": JPEG + media(b"mp42", b"mp42", b"isom") + BIG, "jpeg-two-pictures.none": JPEG + JPEG,
    "jpeg-named-markup.none": jpeg_with(b"drawn with <svg> tools, <b>bold</b> and <?xml version='1.0'?>"),
    "gif-wide.none": b"GIF89a=\0\1\0\x80\0\0" + GIF[13:], "gif-10799-wide.none": b"GIF89a/*\1\0\x80\0\0" + GIF[13:] + BIG.replace(b"*/", b"**"),
    "gif-8253-wide.none": b"GIF89a= \1\0\x80\0\0" + GIF[13:],
    "bmp-odd-size.none": b"BM=1" + LONG_BMP[4:], "gif-unclosed-like.none": GIF + b"<?=" + bytes(9), "png-php-like.none": png(chunk(b"tEXt", b"a\0<?= \1\2\3 ?>")),
    "zip-of-pdf.none": None, "tar-of-pdf.none": None, "tar-of-zip.none": None, 
    "gz-of-zip.none": gzip.compress(ZIP, 0), "sh-zip.none": b"#!/bin/sh\nexit 0\n" + ZIP, "ole-zip.none": compound("WordDocument") + ZIP, "text-names-pdf.none": b"words\n" * 60 + b"A PDF starts with %PDF-1.4\n" * 4,
    "html-script.none": MARKUP, "jpeg-mz.none": JPEG + b"MZ" + BIG, "png-pk.none": png() + b"PK\5\6" + bytes(18),
    "jpeg-elf-word.none": JPEG + b"\x7fELFoo" + bytes(40), "mp4-big.none": media(b"isom", b"isom") + box(b"free", BIG),
}


def stored(name, data):
    import zipfile
    return archive((name, data), method=zipfile.ZIP_STORED)


def tar_of(name, data):
    import io
    import tarfile
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        file.addfile(info, io.BytesIO(data))
    return out.getvalue()


FILES["zip-of-pdf.none"] = stored("a.pdf", PDF)
FILES["tar-of-pdf.none"] = tar_of("a.pdf", PDF)
FILES["tar-of-zip.none"] = tar_of("a.zip", ZIP)
# A header of a PDF in the extra field of a ZIP's first member, and its end in the member.
plain = stored("a.bin", PDF)
extra = struct.pack("<HH", 0x6C7A, 9) + b"%PDF-1.4\n"
FILES["zip-pdf.pdf"] = plain[:28] + struct.pack("<H", len(extra)) + plain[30:35] + extra + plain[35:]

if __name__ == "__main__":
    for name, data in FILES.items():
        with open(os.path.join(sys.argv[1], name), "wb") as file:
            file.write(data)
