"""Ordinary uploads. A false alarm on one of these is as bad as a miss."""

import base64
import bz2
import gzip
import json
import lzma
import os
import sqlite3
import struct
import tarfile
import tempfile
import wave
import io
import zlib

import containers
import pdfs
import formats
import polyglots
import zips
from animals import noise, prose
from packing import filtered, libarchive, sevenzip
from compound import compound
from encrypted import excel_binary, word_binary


def add_all(zoo):
    def add(name, data):
        zoo.add(f"ordinary/{name}", data)

    members = [("readme.txt", prose(4000, 1)), ("data.bin", noise(5000, 2)), ("empty.txt", b""), ("tiny.txt", b"ab")]
    tar = formats.tar(members)
    apk = [("AndroidManifest.xml", noise(300)), ("classes.dex", b"dex\n035\0" + noise(3000))]
    add("empty", b"")
    add("one-byte", b"a")
    add("five-bytes", b"abcde")
    add("six-bytes", b"abcdef")
    add("text.txt", prose(10_000))
    add("noise.bin", noise(100_000))
    add("zeros.bin", bytes(100_000))
    add("picture.png", formats.png(64, 64))
    add("picture.gif", formats.gif())
    add("picture.jpeg", formats.jpeg())
    add("picture.webp", webp())
    add(
        "picture.bmp",
        b"BM" + struct.pack("<IIIIiiHHIIiiII", 58, 0, 54, 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0) + b"\0\0\xff\0",
    )
    add("picture.tiff", tiff())
    add("picture.ico", ico())
    add(
        "picture.svg",
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>',
    )
    add("document.pdf", containers.pdf_with(prose(4000, 2), b"/FlateDecode"))
    for name, data in pdfs.innocent(prose(600, 7), prose(900, 8)).items():
        add(f"pdf-{name}", data)
    add("document.docx", zips.archive(containers.office("word/document.xml")))
    add("sheet.xlsx", zips.archive(containers.office("xl/workbook.xml")))
    add("document.odt", containers.open_document([("Pictures/a.png", formats.png(32, 32))]))
    add("book.epub", containers.epub())
    add("document-97.doc", word_binary(False))
    add("sheet-97.xls", excel_binary(False))
    add("compound.msg", compound({"__properties_version1.0": noise(5000)}))
    add("document.rtf", b"{\\rtf1\\ansi\\deff0 {\\fonttbl {\\f0 Times;}}\\f0 " + prose(2000) + b"}")
    add(
        "program.jar",
        zips.archive([("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\n\r\n"), ("A.class", polyglots.class_file())]),
    )
    add(
        "package.whl",
        zips.archive([("zoo/__init__.py", b"x = 1\n" * 40), ("zoo-1.dist-info/RECORD", b"zoo/__init__.py,,\n")]),
    )
    add("many.zip", zips.archive([(f"d/{i}.txt", prose(300, i)) for i in range(500)]))
    add("small-members.zip", zips.archive([(f"{i}", bytes([65 + i]) * i) for i in range(8)]))
    add("same-sizes.zip", zips.archive([(f"{i}", noise(777, i)) for i in range(40)]))
    add("same-members.zip", zips.archive([(f"{i}", prose(777)) for i in range(40)]))
    add("stored.zip", zips.archive(members, zips.STORED))
    add("python.zip", containers.python_zip(members))
    add(
        "folders.zip",
        zips.build(
            [zips.Entry("d/", b"", zips.STORED, attributes=0o040755 << 16 | 0x10), zips.Entry("d/a.txt", prose(500))]
        ),
    )
    add("empty.7z", b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(bytes(20))) + bytes(20))
    add(
        "signed.apk",
        zips.build([*(zips.Entry(*member) for member in apk), zips.Entry("z", b"last", gap=signing_block())]),
    )
    add("aligned.apk", zips.build([zips.Entry(*member, local={"extra": bytes(3)}) for member in apk]))
    add("app.pyz", zips.archive([("__main__.py", b"print(1)\n" * 30)], prefix=b"#!/usr/bin/env python3\n"))
    add(
        "extension.crx",
        zips.archive(
            [("manifest.json", b"{}" * 40)], prefix=b"Cr24\3\0\0\0" + struct.pack("<I", 60) + noise(60), shift=False
        ),
    )
    add("descriptor.zip", zips.build([zips.Entry(name, data, descriptor=True) for name, data in members]))
    add("zip64.zip", zips.build([zips.Entry(name, data, zip64=True) for name, data in members], zip64_end=True))
    add(
        "zip-in-zip.zip",
        zips.archive([("i.zip", zips.archive(members)), ("p.pdf", containers.pdf_with(prose(900), b"/FlateDecode"))]),
    )
    add(
        "nested.tar.gz",
        gzip.compress(formats.tar([("i.zip", zips.archive(members)), ("i.tar.gz", gzip.compress(tar))])),
    )
    add(
        "mac.zip",
        zips.archive([("a.txt", prose(900)), ("__MACOSX/._a.txt", b"\0\5\x16\7\0\2\0\0Mac OS X" + bytes(100))]),
    )
    add("archive.tar", tar)
    add("archive-gnu.tar", formats.tar([("n" * 200, prose(900)), *members], tarfile.GNU_FORMAT))
    add("archive-pax.tar", formats.tar([("ü" * 90, prose(900)), *members], tarfile.PAX_FORMAT))
    add(
        "archive-links.tar",
        formats.tar_entry(b"a", prose(700))
        + formats.tar_entry(b"b", b"", kind=b"1", link=b"a")
        + formats.tar_entry(b"c", b"", kind=b"2", link=b"/etc/passwd")
        + formats.tar_entry(b"d/", b"", kind=b"5")
        + bytes(1024),
    )
    add("archive.tar.gz", gzip.compress(tar))
    add("archive.tar.bz2", bz2.compress(tar))
    add("archive.tar.xz", lzma.compress(tar))
    add("archive.tar.zst", filtered(tar, "zstd"))
    add("archive.7z", sevenzip(members))
    add("archive-copy.7z", sevenzip(members, "-m0=Copy"))
    add("archive-bcj.7z", sevenzip([("true", open("/bin/true", "rb").read()), *members]))
    add("image.iso", libarchive("iso9660", members))
    add("image-joliet-off.iso", libarchive("iso9660", members, options="iso9660:!joliet,iso9660:!rockridge"))
    add("archive.xar", libarchive("xar", members))
    add("archive.cpio", formats.cpio(members, "newc"))
    add("archive.a", formats.ar(members))
    add("empty.a", b"!<arch>\n")
    add("archive.cab", formats.cab(members, packed=True))
    add("archive-4.rar", formats.rar4(members))
    add("archive-5.rar", formats.rar5(members))
    add("archive.lzh", formats.lha(members))
    add("archive.arj", formats.arj(members))
    add(
        "package.deb",
        formats.ar(
            [
                ("debian-binary", b"2.0\n"),
                ("control.tar.xz", lzma.compress(formats.tar([("./control", b"Package: zoo\n")]))),
                ("data.tar.xz", lzma.compress(tar)),
            ]
        ),
    )
    add("package.rpm", formats.rpm(gzip.compress(formats.cpio(members, "newc"))))
    add("one.gz", gzip.compress(prose(20_000)))
    add("page.1.gz", gzip.compress(b".TH ZOO 1\n.SH NAME\nzoo \\- a page of the manual\n" + prose(900)))
    add("one.bz2", bz2.compress(prose(20_000)))
    add("streams.bz2", bz2.compress(prose(20_000)) + bz2.compress(prose(10_000, 2)))
    add("one.xz", lzma.compress(prose(20_000)))
    add("one.zst", filtered(prose(20_000), "zstd"))
    add("one.lz4", filtered(prose(20_000), "lz4"))
    add("one.lzma", lzma.compress(prose(20_000), lzma.FORMAT_ALONE))
    add("one.Z", filtered(prose(20_000), "compress"))
    add("empty.gz", gzip.compress(b""))
    add("song.mp3", mp3())
    add("song.ogg", ogg())
    add("sound.wav", wav())
    add("film.mp4", formats.mp4())
    add("base.sqlite", sqlite())
    add("table.csv", b"a,b,c\n" + b"1,2,3\n" * 900)
    add("data.json", json.dumps([{"a": i, "b": "c" * 20} for i in range(200)]).encode())
    add("data.xml", b'<?xml version="1.0"?><a>' + b"<b>text</b>" * 200 + b"</a>")
    add(
        "page.html",
        b"<!DOCTYPE html><html><head><script>let a = 1</script></head><body>" + prose(3000) + b"</body></html>",
    )
    add(
        "picture-in-page.html",
        b'<html><body><img src="data:image/png;base64,' + base64.b64encode(formats.png(32, 32)) + b'"></body></html>',
    )
    add("letter.eml", containers.mail("base64", containers.pdf_with(prose(900), b"/FlateDecode")))
    add("letter-zip.eml", containers.mail("base64", zips.archive(members)))
    add(
        "letters.mbox",
        b"From a@example.com Tue Nov 14 22:13:20 2023\n"
        + containers.mail("base64", prose(600)).replace(b"\r\n", b"\n") * 1,
    )
    add("program", open("/bin/true", "rb").read())
    add("program.exe", polyglots.pe())
    add("script.sh", b"#!/bin/sh\necho hello\n" * 20)
    add("font.ttf", font())
    add("calendar.ics", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n" * 9)
    add("text-utf16.txt", b"\xff\xfe" + prose(2000).decode().encode("utf-16-le"))
    add("base64.txt", base64.encodebytes(noise(3000)))
    add("zoo.torrent", b"d8:announce20:http://a.example/ann4:infod6:lengthi1e4:name1:aee")


def signing_block():
    """The signing block of an APK, between the last member and the directory."""
    size = struct.pack("<Q", 12 + 500 + 24)
    return size + struct.pack("<QI", 504, 0x7109871A) + noise(500) + size + b"APK Sig Block 42"


def webp():
    body = b"WEBPVP8L\x0d\0\0\0/\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff():
    entries = [
        (256, 3, 1, 1),
        (257, 3, 1, 1),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (278, 3, 1, 1),
        (279, 4, 1, 1),
    ]
    table = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", 10) + b"\x80\0" + table


def ico():
    picture = formats.png(16, 16)
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(picture), 22) + picture


def mp3():
    tag = b"TIT2" + struct.pack(">IH", 5, 0) + b"\0song"
    frame = b"\xff\xfb\x90\x00" + bytes(413)
    return b"ID3\x03\0\0\0\0\0" + bytes([len(tag)]) + tag + frame * 40


def ogg():
    def page(kind, number, data):
        lacing = bytes([255] * (len(data) // 255) + [len(data) % 255])
        head = (
            b"OggS\0"
            + bytes([kind])
            + bytes(8)
            + struct.pack("<II", 1, number)
            + bytes(4)
            + bytes([len(lacing)])
            + lacing
        )
        return head + data

    return page(2, 0, b"\x01vorbis" + bytes(4) + b"\x02\x44\xac\0\0" + bytes(12) + b"\xb8\x01") + page(
        4, 1, noise(3000)
    )


def wav():
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(noise(8000))
    return out.getvalue()


def sqlite():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.db")
        base = sqlite3.connect(path)
        base.execute("create table a (b text)")
        base.executemany("insert into a values (?)", [("row" * 20,)] * 300)
        base.commit()
        base.close()
        with open(path, "rb") as file:
            return file.read()


def font():
    """The directory of a TrueType font and one table."""
    head = struct.pack(">IHHHH", 0x00010000, 1, 16, 0, 0)
    return head + b"name" + struct.pack(">III", 0, 28, 600) + noise(600)
