"""Writes a sample of each common kind of upload into a folder: python3 samples.py FOLDER

Each is as small as its type's readers allow, or as its mark is; none is taken from elsewhere.
"""
import bz2
import gzip
import io
import json
import lzma
import os
import random
import struct
import sqlite3
import sys
import tarfile
import tempfile
import zipfile
import zlib

LOREM = "One line of plain words, and nothing more than that.\n" * 4


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(extra=b""):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def riff(form, body):
    return b"RIFF" + struct.pack("<I", len(body) + 4) + form + body


def box(kind, data=b""):
    return struct.pack(">I", len(data) + 8) + kind + data


def media(brand, *more):
    brands = b"".join(more) or brand
    return box(b"ftyp", brand + b"\0\0\2\0" + brands) + box(b"free") + box(b"mdat", bytes(64)) + box(b"moov", box(b"mvhd", bytes(100)))


def matroska(doctype):
    body = b"\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08"
    body += b"\x42\x82" + bytes([0x80 | len(doctype)]) + doctype + b"\x42\x87\x81\x04\x42\x85\x81\x02"
    return b"\x1a\x45\xdf\xa3" + bytes([0x80 | len(body)]) + body + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" + bytes(64)


def archive(*members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, data in members:
            info = zipfile.ZipInfo(name, (2026, 11, 21, 8, 0, 0))
            # The first member of a document that names its type is never packed.
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else method
            file.writestr(info, data)
    return out.getvalue()


TYPES_XML = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
RELS_XML = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'


def office(folder, part, order="usual"):
    members = [
        ("[Content_Types].xml", TYPES_XML), ("_rels/.rels", RELS_XML), (f"{folder}/{part}", "<x/>"),
        ("docProps/core.xml", "<c/>"),
    ]
    if order == "parts first":
        members = [members[2], members[0], members[1], members[3]]
    if order == "properties first":
        members = [members[0], members[3], members[1], members[2]]
    if order == "types last":
        members = [members[1], members[2], members[3], members[0]]
    if order == "behind pictures":
        pictures = [(f"{folder}/media/image{i}.png", random.Random(i).randbytes(300_000)) for i in range(8)]
        members = members[:2] + pictures + members[2:]
    return archive(*members)


def opendocument(kind):
    return archive(
        ("mimetype", f"application/vnd.oasis.opendocument.{kind}"), ("content.xml", "<office/>"),
        ("META-INF/manifest.xml", "<manifest/>"))


def compound(*names, class_id=bytes(16), padding=0):
    """An OLE2 file whose directory holds streams of these names, `padding` sectors behind the header."""
    def entry(name, kind, child=0xFFFFFFFF, right=0xFFFFFFFF, identifier=bytes(16)):
        text = name.encode("utf-16-le") + b"\0\0"
        return (text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
                + struct.pack("<III", 0xFFFFFFFF, right, child) + identifier + struct.pack("<I", 0) + bytes(16)
                + struct.pack("<IQ", 0xFFFFFFFE, 0))
    entries = [entry("Root Entry", 5, child=1 if names else 0xFFFFFFFF, identifier=class_id)]
    for index, name in enumerate(names):
        entries.append(entry(name, 2, right=index + 2 if index + 1 < len(names) else 0xFFFFFFFF))
    while len(entries) % 4:
        entries.append(bytes(64) + struct.pack("<HBB", 0, 0, 0) + b"\xff" * 12 + bytes(48))
    directory = b"".join(entries)
    sectors = len(directory) // 512
    first = 1 + padding
    header = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
              + struct.pack("<IIIIIIIII", 0, 1, first, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
              + struct.pack("<I", 0) + b"\xff" * (108 * 4))
    table = [0xFFFFFFFD] + [0xFFFFFFFF] * padding
    table += [first + i + 1 for i in range(sectors - 1)] + [0xFFFFFFFE]
    table += [0xFFFFFFFF] * (128 - len(table))
    return header + struct.pack("<128I", *table) + bytes(512 * padding) + directory


def ogg(first):
    page = b"OggS\0\2" + bytes(8) + b"abcd" + bytes(4) + b"crc0" + b"\1" + bytes([len(first)]) + first
    return page + b"OggS\0\0" + bytes(30)


def tar(mode="w:"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as file:
        info = tarfile.TarInfo("folder/notes.txt")
        data = LOREM.encode()
        info.size = len(data)
        file.addfile(info, io.BytesIO(data))
    return out.getvalue()


def iso():
    descriptor = b"\x01CD001\x01\0" + b"LINUX".ljust(32) + b"DISK".ljust(32)
    return bytes(32768) + descriptor.ljust(2048, b"\0") + b"\xffCD001\x01".ljust(2048, b"\0")


def executable(kind):
    if kind == "elf":
        return b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400000, 64, 0, 0, 64, 56, 1, 64, 0, 0) + struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 120, 120, 4096) + bytes(64)
    if kind == "macho":
        return struct.pack("<IIIIIIII", 0xFEEDFACF, 0x01000007, 3, 2, 0, 0, 0, 0) + bytes(64)
    flags = 0x2102 if kind == "dll" else 0x0102
    optional = struct.pack("<HBB", 0x10B, 14, 0) + bytes(64) + struct.pack("<H", 2) + bytes(154)
    return (b"MZ".ljust(60, b"\0") + struct.pack("<I", 64) + b"PE\0\0"
            + struct.pack("<HHIIIHH", 0x14C, 1, 0, 0, 0, len(optional), flags) + optional + b".text".ljust(40, b"\0") + bytes(512))


def tiff(order):
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(
        order + "IHHHIIHHIII", 8, 2, 256, 4, 1, 1, 257, 4, 1, 1, 0)


def font(version):
    return version + struct.pack(">HHHH", 4, 64, 2, 0) + b"".join(
        name + struct.pack(">III", 0, 76, 4) for name in (b"cmap", b"glyf", b"head", b"name")) + bytes(64)


def database():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/a.db"
        file = sqlite3.connect(path)
        file.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
        file.commit()
        file.close()
        with open(path, "rb") as opened:
            return opened.read()


PDF = (b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
       b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R/Size 4>>\n%%EOF\n")
JPEG = (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xdb\0C\0" + b"\x10" * 64
        + b"\xff\xc0\0\x0b\x08\0\1\0\1\1\1\x11\0\xff\xda\0\x08\1\1\0\0?\0\x37\xff\xd9")
GIF = b"GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
MPEG_FRAME = b"\xff\xfb\x90\x64" + bytes(413)
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'

SAMPLES = {
    # Pictures
    "png": png(), "apng": png(chunk(b"acTL", struct.pack(">II", 1, 0))), "jpg": JPEG, "gif": GIF,
    "webp": riff(b"WEBP", b"VP8 " + struct.pack("<I", 20) + b"\x30\1\0\x9d\1\x2a\1\0\1\0" + bytes(10)),
    "webp-lossless": riff(b"WEBP", b"VP8L" + struct.pack("<I", 10) + b"\x2f" + bytes(9)),
    "avif": media(b"avif", b"mif1", b"avif"), "heic": media(b"heic", b"mif1", b"heic"),
    "heif": media(b"mif1", b"mif1", b"heic"), "svg": '<svg xmlns="http://www.w3.org/2000/svg" width="9"/>\n',
    "svg-declared": XML + '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0"/></svg>\n',
    "svg-doctype": XML + '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    "svg-commented": XML + "<!-- Generator: a drawing program of some version, exported for the web, plain -->\n" + '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    "ico": b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x68\4\0\0\x16\0\0\0" + b"\x28\0\0\0" + bytes(1124),
    "cur": b"\0\0\2\0\1\0\x10\x10\0\0\1\0\1\0\x68\4\0\0\x16\0\0\0" + b"\x28\0\0\0" + bytes(1124),
    "tiff": tiff("<"), "tiff-big-endian": tiff(">"),
    "bmp": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 58, 0, 0, 54, 40, 1, 1, 1, 24, 0, 4, 2835, 2835, 0, 0) + bytes(4),
    "psd": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 1, 1, 8, 3) + bytes(64),
    "jxl": b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(32), "jp2": b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 " + bytes(32),
    "xcf": b"gimp xcf v011\0" + bytes(64), "eps": "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
    # Sound
    "mp3": MPEG_FRAME * 8, "mp3-tagged": b"ID3\4\0\0\0\0\0\x0bTIT2\0\0\0\1\0\0\3" + MPEG_FRAME * 8,
    "wav": riff(b"WAVE", b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" + struct.pack("<I", 8) + bytes(8)),
    "flac": b"fLaC\x80\0\0\x22" + struct.pack(">HH", 4096, 4096) + bytes(30),
    "ogg-vorbis": ogg(b"\1vorbis" + struct.pack("<IBIIIIB", 0, 2, 44100, 0, 128000, 0, 0xB8) + b"\1"),
    "opus": ogg(b"OpusHead\1\2" + bytes(9)), "m4a": media(b"M4A ", b"M4A ", b"mp42", b"isom"),
    "aac": (b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(10)) * 8,
    "aiff": b"FORM" + struct.pack(">I", 46) + b"AIFFCOMM" + struct.pack(">IHIH", 18, 1, 1, 8) + b"\x40\x0b\xfa" + bytes(7),
    "mid": b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", 4) + b"\0\xff\x2f\0",
    "amr": b"#!AMR\n" + bytes(64),
    # Films
    "mp4": media(b"isom", b"isom", b"iso2", b"avc1", b"mp41"), "mp4-v2": media(b"mp42", b"mp42", b"isom"),
    "mp4-dash": media(b"dash", b"iso6"), "mp4-phone": media(b"mp41", b"isom"), "m4v": media(b"M4V ", b"M4V ", b"mp42"),
    "mov": media(b"qt  ", b"qt  "), "mov-old": box(b"moov", box(b"mvhd", bytes(100))) + box(b"mdat", bytes(32)),
    "webm": matroska(b"webm"), "mkv": matroska(b"matroska"),
    "avi": riff(b"AVI ", b"LIST" + struct.pack("<I", 68) + b"hdrlavih" + struct.pack("<I", 56) + bytes(56)),
    "3gp": media(b"3gp4", b"3gp4", b"isom"), "3gp5": media(b"3gp5", b"3gp5", b"isom"), "3g2": media(b"3g2a", b"3g2a"),
    "wmv": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(64),
    "flv": b"FLV\1\5\0\0\0\x09\0\0\0\0" + bytes(32), "mpg": b"\0\0\1\xba\x44\0\4\0\4\1\0\1\x89\xc3\xf8" + bytes(64),
    "mts": (b"\x47\x40\0\x10" + bytes(184)) * 10, "ogv": ogg(b"\x80theora\3\2\1" + bytes(34)),
    # Documents
    "pdf": PDF, "pdf-late": b"\n" * 300 + PDF, "rtf": "{\\rtf1\\ansi One line.\\par}\n",
    "doc": compound("WordDocument", "1Table", class_id=bytes.fromhex("0609020000000000c000000000000046")),
    "xls": compound("Workbook", class_id=bytes.fromhex("2008020000000000c000000000000046")),
    "ppt": compound("PowerPoint Document", class_id=bytes.fromhex("108d81649b4fcf1186ea00aa00b929e8")),
    "msg": compound("__properties_version1.0", "__nameid_version1.0", class_id=bytes.fromhex("0b0d020000000000c000000000000046")),
    "msi": compound("Property", class_id=bytes.fromhex("84100c0000000000c000000000000046")),
    "doc-directory-last": compound("WordDocument", "1Table", class_id=bytes.fromhex("0609020000000000c000000000000046"), padding=100),
    "doc-encrypted": compound("EncryptionInfo", "EncryptedPackage"),
    "docx": office("word", "document.xml"), "docx-parts-first": office("word", "document.xml", "parts first"),
    "docx-properties-first": office("word", "document.xml", "properties first"),
    "docx-types-last": office("word", "document.xml", "types last"),
    "docx-behind-pictures": office("word", "document.xml", "behind pictures"),
    "xlsx": office("xl", "workbook.xml"), "xlsx-properties-first": office("xl", "workbook.xml", "properties first"),
    "pptx": office("ppt", "presentation.xml"), "pptx-parts-first": office("ppt", "presentation.xml", "parts first"),
    "odt": opendocument("text"), "ods": opendocument("spreadsheet"), "odp": opendocument("presentation"),
    "odt-type-last": archive(("content.xml", "<office/>"), ("mimetype", "application/vnd.oasis.opendocument.text")),
    "epub": archive(("mimetype", "application/epub+zip"), ("META-INF/container.xml", "<container/>")),
    "pages": archive(("Index/Document.iwa", bytes(64)), ("Metadata/Properties.plist", "x")),
    "ps": "%!PS-Adobe-3.0\n%%Pages: 1\nshowpage\n",
    # Archives
    "zip": archive(("notes.txt", LOREM)), "zip-empty": archive(), "zip-stored": archive(("notes.txt", LOREM), method=zipfile.ZIP_STORED),
    "7z": b"7z\xbc\xaf\x27\x1c\0\4" + bytes(32), "rar4": b"Rar!\x1a\7\0" + bytes(64), "rar5": b"Rar!\x1a\7\1\0" + bytes(64),
    "gz": gzip.compress(LOREM.encode(), mtime=0), "tgz": tar("w:gz"), "bz2": bz2.compress(LOREM.encode()),
    "xz": lzma.compress(LOREM.encode()), "zst": b"\x28\xb5\x2f\xfd\x20\x05\x29\0\0Words", "tar": tar(), "iso": iso(),
    "jar": archive(("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n"), ("a/B.class", b"\xca\xfe\xba\xbe\0\0\0\x34")),
    "jar-classes-first": archive(("a/B.class", b"\xca\xfe\xba\xbe\0\0\0\x34"), ("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")),
    "apk": archive(("AndroidManifest.xml", b"\3\0\x08\0" + bytes(64)), ("classes.dex", b"dex\n035\0"), ("META-INF/MANIFEST.MF", "x")),
    "deb": b"!<arch>\n" + b"debian-binary   1795248000  0     0     100644  4         `\n2.0\n",
    "crx": b"Cr24\3\0\0\0" + bytes(32),
    # Text
    "txt": LOREM, "txt-utf8": "Grüße aus Köln, 日本語.\n", "txt-utf16": "\ufeffOne line of words.\n".encode("utf-16-le"),
    "txt-latin1": "Grüße aus Köln.\n".encode("latin-1"), "csv": "name,age,town\nAda,36,London\nBlaise,39,Paris\n",
    "csv-semicolons": "name;age;town\nAda;36;London\nBlaise;39;Paris\n", "tsv": "name\tage\nAda\t36\nBlaise\t39\n",
    "json": json.dumps({"name": "Ada", "age": 36}), "json-list": "[1, 2, 3]\n", "jsonl": '{"a": 1}\n{"a": 2}\n',
    "geojson": '{"type": "FeatureCollection", "features": []}\n', "ipynb": json.dumps({"cells": [], "nbformat": 4}, indent=1),
    "xml": XML + "<notes><note>One</note></notes>\n", "xml-bare": "<notes><note>One</note></notes>\n",
    "kml": XML + '<kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>\n', "gpx": XML + '<gpx version="1.1"/>\n',
    "rss": XML + '<rss version="2.0"><channel/></rss>\n', "md": "# Heading\n\nSome *words* and a [link](https://example.org).\n",
    "ics": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    "vcf": "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nEND:VCARD\r\n", "css": "body { margin: 0; color: #333; }\n.a > b { top: 1px }\n",
    "js": "'use strict';\nfunction add(a, b) { return a + b; }\nconsole.log(add(1, 2));\n",
    "js-module": "import { a } from './a.js';\nexport const b = a + 1;\n", "ts": "interface A { b: string }\nexport const c: A = { b: 'd' };\n",
    "html": "<!DOCTYPE html>\n<html><head><title>x</title></head><body><p>words</p></body></html>\n",
    "html-fragment": "<div><p>words</p></div>\n", "yaml": "name: a\nlist:\n  - b\n  - c\n", "toml": "[a]\nb = 1\n",
    "sql": "CREATE TABLE a (b INTEGER);\nINSERT INTO a VALUES (1);\n", "sh": "#!/bin/sh\necho words\n",
    "py": "#!/usr/bin/env python3\nimport os\nprint(os.getcwd())\n", "py-bare": "import os\n\n\ndef main():\n    print(os.getcwd())\n",
    "php": "<?php\necho 'words';\n", "c": "#include <stdio.h>\nint main(void) { return 0; }\n",
    "java": "package a;\n\npublic class B {\n    private int c;\n}\n", "log": "2026-11-21 08:00:00 INFO started\n2026-11-21 08:00:01 WARN slow\n",
    "srt": "1\n00:00:01,000 --> 00:00:02,000\nWords\n", "vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\nWords\n",
    "tex": "\\documentclass{article}\n\\begin{document}\nWords\n\\end{document}\n", "bat": "@echo off\r\necho words\r\n",
    "ini": "[section]\nkey=value\n", "diff": "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n",
    "eml": "Received: from a by b; Sat, 21 Nov 2026 08:00:00 +0000\r\nFrom: a@example.org\r\nTo: b@example.org\r\nSubject: words\r\nMIME-Version: 1.0\r\n\r\nWords\r\n",
    "eml-from-first": "From: a@example.org\r\nTo: b@example.org\r\nSubject: words\r\n\r\nWords\r\n",
    "pem": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "empty": b"", "one-byte": b"x",
    # Fonts
    "woff": b"wOFF\0\1\0\0" + bytes(64), "woff2": b"wOF2\0\1\0\0" + bytes(64), "ttf": font(b"\0\1\0\0"), "otf": font(b"OTTO"),
    "eot": struct.pack("<IIII", 128, 64, 0x20001, 0) + bytes(18) + b"LP" + bytes(92),
    # Programs and data
    "exe": executable("exe"), "dll": executable("dll"), "elf": executable("elf"), "macho": executable("macho"),
    "class": b"\xca\xfe\xba\xbe\0\0\0\x34\0\x10" + bytes(64), "wasm": b"\0asm\1\0\0\0",
    "sqlite": database(), "parquet": b"PAR1" + bytes(32) + struct.pack("<I", 32) + b"PAR1",
    "torrent": "d8:announce20:http://example.org/ae",
    "random": bytes((i * i * 7 + i // 3 * 101 + 0x83) & 0xFF for i in range(512)),
}

if __name__ == "__main__":
    for name, data in SAMPLES.items():
        with open(os.path.join(sys.argv[1], name), "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
