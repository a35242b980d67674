"""Files with two forms, and files that only resemble them."""

import bz2
import lzma
import struct

import containers
import formats
import zips
from animals import prose

SCRIPT = b"<html><body><script>alert(document.domain)</script></body></html>"


def add_all(zoo, payload):
    def add(name, data):
        zoo.add(f"polyglot/{name}", data)

    zipped = zips.archive([("a.txt", prose(2000, 3))])
    jar = zips.archive(
        [("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\nMain-Class: A\r\n\r\n"), ("A.class", class_file())]
    )
    document = containers.pdf_with(prose(2000, 2), b"/FlateDecode")
    add("gif-script.gif", gif_script())
    add("pdf-zip.pdf", document + zips.archive([("a.txt", prose(2000, 3))], prefix=document)[len(document) :])
    add("pdf-zip-not-counted.pdf", document + zipped)
    add("jpeg-comment-html.jpeg", formats.jpeg(formats.jpeg_segment(0xFE, SCRIPT)))
    add("png-text-html.png", formats.png(comment=SCRIPT))
    add("png-zip.png", formats.png() + zipped)
    add("jpeg-zip.jpeg", formats.jpeg() + zipped)
    add("jpeg-php.jpeg", formats.jpeg(formats.jpeg_segment(0xFE, b"<?php system($_GET['c']); __halt_compiler(); ?>")))
    add("gif-php.gif", formats.gif(b"<?php system($_GET['c']); ?>"))
    add("gifar.gif", formats.gif() + jar)
    add("jpeg-pdf-at-500.jpeg", jpeg_pdf(document))
    add("gif-html.gif", formats.gif(SCRIPT))
    add("png-rar.png", formats.png() + formats.rar5([("a.txt", prose(500))]))
    add("png-7z.png", formats.png() + containers.sevenzip([("a.txt", prose(500))]))
    add(
        "pdf-html-first.pdf",
        SCRIPT + b"\n" + formats.pdf([*formats.PDF_PAGES, formats.pdf_stream(b"")], at=len(SCRIPT) + 1),
    )

    # The second form contains a payload that shows only when it is opened.
    hidden = zips.archive([("p.bin", payload)])
    for name, data in {
        "png-zip.png": formats.png() + hidden,
        "gif-zip.gif": formats.gif() + hidden,
        "jpeg-zip.jpeg": formats.jpeg() + hidden,
        "pdf-zip.pdf": document + hidden,
        "text-zip.txt": prose(3000, 8) + hidden,
        "png-rar.png": formats.png() + formats.rar5([("p.bin", payload)]),
        "png-7z.png": formats.png() + containers.sevenzip([("p.bin", payload)]),
        "script-tgz.sh": b"#!/bin/sh\ntail -n +4 $0 | tar xz\nexit 0\n"
        + formats.gzipped(formats.tar([("p.bin", payload)])),
        "7z-self-extractor.exe": containers.elf_stub().ljust(0x27100, b"\x90")
        + containers.sevenzip([("p.bin", payload)]),
        "gz-zip.gz": formats.gzipped(prose(900)) + hidden,
        "bz2-zip.bz2": bz2.compress(prose(900)) + hidden,
        "xz-zip.xz": lzma.compress(prose(900)) + hidden,
        "zst-zip.zst": containers.filtered(prose(900), "zstd") + hidden,
        "7z-zip.7z": containers.sevenzip([("a.txt", prose(900))]) + hidden,
        "rar5-zip.rar": formats.rar5([("a.txt", prose(900))]) + hidden,
        "cab-zip.cab": formats.cab([("a.txt", prose(900))]) + hidden,
        "cpio-zip.cpio": formats.cpio([("a.txt", prose(900))], "newc") + hidden,
        "lz4-zip.lz4": containers.filtered(prose(900), "lz4") + hidden,
        "pe-rar.exe": pe() + formats.rar5([("p.bin", payload)]),
        "pe-zip.exe": pe() + hidden,
        "tar-zip.tar": formats.tar([("a.txt", prose(600))]) + hidden,
    }.items():
        zoo.add(f"polyglot-hidden/{name}", data)

    def innocent(name, data):
        zoo.add(f"innocent/{name}", data)

    packet = (
        b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""/></rdf:RDF>'
        b"</x:xmpmeta>" + b" " * 600 + b'<?xpacket end="w"?>'
    )
    innocent("xmp.jpeg", formats.jpeg(formats.jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)))
    innocent("xmp.png", formats.png(comment=packet))
    thumbnail = formats.jpeg()
    exif = (
        b"Exif\0\0II*\0\x08\0\0\0\0\0\x0e\0\0\0"
        + struct.pack("<H", 3)
        + struct.pack("<HHII", 0x103, 3, 1, 6)
        + struct.pack("<HHII", 0x201, 4, 1, 56)
        + struct.pack("<HHII", 0x202, 4, 1, len(thumbnail))
        + b"\0\0\0\0"
    )
    innocent("exif-thumbnail.jpeg", formats.jpeg(formats.jpeg_segment(0xE1, exif + thumbnail)))
    innocent(
        "comment.jpeg", formats.jpeg(formats.jpeg_segment(0xFE, b"Shot on <b>film</b>; PK is a friend; 100 % GIF-free"))
    )
    innocent("two-pictures.jpeg", formats.jpeg() + formats.jpeg())
    innocent("about-html.pdf", containers.pdf_with(b"(" + SCRIPT + b") Tj", b"/FlateDecode"))
    innocent(
        "about-html-plain.pdf",
        formats.pdf([*formats.PDF_PAGES, formats.pdf_stream(b"BT (How to write <html> and <script>) Tj ET")]),
    )
    innocent(
        "about-zip.txt", b"A ZIP file starts with PK\x03\x04? No: with the letters PK, then 3 and 4.\n" + prose(300)
    )
    innocent("about-php.md", b"# Tags\n\n```php\n<?php echo 1; ?>\n```\n\nAnd `<script>` in HTML.\n")
    innocent(
        "drawing-in-page.html",
        b"<!DOCTYPE html><html><body><svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0'/></svg></body></html>",
    )
    innocent("data-with-strings.bin", b"\1\2\3\4PROG".ljust(2048, b"\0") + b"%PDF-1.4 <html> GIF89a".ljust(4000, b"\1"))
    innocent("motion-photo.jpeg", formats.jpeg() + formats.mp4())
    innocent("html-letter.eml", containers.mail("base64", SCRIPT, "text/html"))
    innocent("document.docx", zips.archive(containers.office("word/document.xml")))


def gif_script():
    """The width of this image opens a JavaScript comment, and the image's comment closes it."""
    head = b"GIF89a/*\x01\x00" + b"\x80\x00\x00" + b"\x00\x00\x00\xff\xff\xff"
    script = b"*/=1;alert(document.domain);/*"
    return (
        head
        + b"\x21\xfe"
        + bytes([len(script)])
        + script
        + b"\0"
        + b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b"
        + b"*/"
    )


def class_file():
    return bytes.fromhex("cafebabe0000003400010021") + b"\0" * 40


def jpeg_pdf(document):
    """The PDF header is at 500: most readers search the first 1024 bytes."""
    first, second = formats.jpeg_segment(0xFE, b"x" * 472), formats.jpeg_segment(0xFE, document)
    picture = formats.jpeg(first + second)
    assert picture.index(b"%PDF") == 500
    return picture


def pe():
    head = b"MZ" + b"\0" * 58 + (64).to_bytes(4, "little")
    coff = b"PE\0\0\x4c\1" + (1).to_bytes(2, "little") + b"\0" * 12 + (224).to_bytes(2, "little") + b"\x02\1"
    optional = struct.pack(
        "<HBBIIIIIIIIIHHHHHHIIIIHHIIIIII",
        0x10B,
        0,
        0,
        512,
        0,
        0,
        0x1000,
        0x1000,
        0x2000,
        0x400000,
        0x1000,
        0x200,
        4,
        0,
        0,
        0,
        4,
        0,
        0,
        0x2000,
        0x200,
        0,
        3,
        0,
        0x100000,
        0x1000,
        0x100000,
        0x1000,
        0,
        16,
    ).ljust(224, b"\0")
    section = (
        b".text\0\0\0" + struct.pack("<IIII", 512, 0x1000, 512, 0x200) + b"\0" * 12 + struct.pack("<I", 0x60000020)
    )
    return (head + coff + optional + section).ljust(512, b"\0") + b"\xc3".ljust(512, b"\x90")
