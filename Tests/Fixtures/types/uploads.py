"""Honest uploads that are easily refused by their type: `python3 uploads.py OUT` writes the files, and OUT/declared.tsv with one
line for each: file, declared Content-Type, Content-Encoding. Each must be clean under a pipeline with `declared-type: must-agree`.
The files under `listed-` must be clean with `types: [text/plain, text/csv]` as well. Standard library only.
"""

import gzip
import io
import pathlib
import struct
import sys
import zipfile
import zlib

OO = "application/vnd.openxmlformats-officedocument."
XML = b'<?xml version="1.0"?><a/>' * 20
TYPES = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
RELS = b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'
files = []


def add(row, name, body, *declared, encoding=""):
    files.append((row, name, body, declared, encoding))


def zipped(*members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name in members:
            z.writestr(name, TYPES if name.startswith("[C") else RELS if name.endswith(".rels") else XML)
    return out.getvalue()


def box(kind, body):
    return struct.pack(">I", len(body) + 8) + kind + body


def movie(brand):
    return box(b"ftyp", brand + b"\0\0\0\0" + b"mp42iso2") + box(b"mdat", b"\0" * 64) + box(b"moov", b"\0" * 100)


# 1: text with a tag of HTML somewhere in its first 4 KB
add(1, "README.md", b'# tidy-photos\n\n<p align="center">\n  <a href="https://example.org/ci"><img src="b.svg" alt="build"></a>\n</p>\n\nSorts photos by day.\n', "text/markdown")
add(1, "shop-export.csv", b'SKU;Name;Text\n1001;Mug;"<p>Holds 0.3 l. <a href=""https://shop.example.com/mug"">More</a></p>"\n1002;Plate;"<p>26 cm</p>"\n', "text/csv", "application/vnd.ms-excel")
add(1, "style.css", b'/* for <a href="x"> and <style> */\nbody { color: red }\n', "text/css")
add(1, "subject-first.eml", b"Subject: Offer\r\nFrom: a@example.com\r\nTo: b@example.com\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<html><head><title>x</title></head><body>x</body></html>\r\n", "message/rfc822")
# 2: OOXML that libmagic names by a sibling, or by nothing
deck = zipped("[Content_Types].xml", "_rels/.rels", "ppt/presentation.xml")
add(2, "show.ppsx", deck, OO + "presentationml.slideshow")
add(2, "letter.dotx", zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml"), OO + "wordprocessingml.template")
add(3, "custom-parts-first.docx", zipped("[Content_Types].xml", "_rels/.rels", "customXml/item1.xml", "customXml/_rels/item1.xml.rels", "customXml/itemProps1.xml", "docProps/app.xml", "word/document.xml"), OO + "wordprocessingml.document")
# 4: SVG that does not begin with `<svg`, `<?xml` or a doctype
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4"/></svg>\n'
add(4, "bom.svg", b"\xef\xbb\xbf" + SVG, "image/svg+xml")
add(4, "newline.svg", b"\n" + SVG, "image/svg+xml")
# 5: Content-Encoding
add(5, "site.css", gzip.compress(b"body { color: red }\n" * 20), "text/css", encoding="gzip")
add(5, "data.json", gzip.compress(b'{"a": 1}'), "application/json", encoding="gzip")
# 6: text that libmagic takes for netnews
add(6, "listed-contract.txt", b"Article 1 - Subject\n\nThe tenant rents the flat on the second floor.\n\nArticle 2 - Rent\n\nDue on the third working day.\n", "text/plain")
add(6, "articles.csv", b"ArticleNumber;Producer\n4711;North\n4712;South\n", "text/csv", "application/vnd.ms-excel")
# 7: text that libmagic guesses a language in; the pipeline has `types: [text/plain, text/csv]` (documents-regulated.yaml has)
add(7, "listed-howto.txt", b"How to change the page title\n\n1. Open index.html in an editor.\n2. Look for <title> near the top.\n3. Write the new one and save.\n", "text/plain")
add(7, "listed-class-notes.txt", b"Notes of the C course, week 1\n\nEach program begins with a line such as\n#include <stdio.h>\nand has a function main.\n", "text/plain")
# 8: TypeScript as operating systems declare it
add(8, "index.ts", b"export function add(a: number, b: number): number {\n  return a + b;\n}\n", "video/mp2t", "video/vnd.dlna.mpeg-tts")
# 9: 3D models
facet = struct.pack("<12fH", 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0)
add(9, "cube.stl", b"exported from a CAD program".ljust(80) + struct.pack("<I", 12) + facet * 12, "model/stl")
add(9, "cube.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "model/obj")
# 10: films by cameras
for brand in (b"XAVC", b"pana", b"cmfc"):
    add(10, f"film-{brand.decode()}.mp4", movie(brand), "video/mp4")
add(10, "no-ftyp.mov", box(b"wide", b"") + box(b"mdat", b"\0" * 64) + box(b"moov", b"\0" * 100), "video/quicktime")
# 11: disk images
koly = b"koly\0\0\0\4\0\0\2\0" + b"\0" * 500
add(11, "app-zlib.dmg", zlib.compress(bytes(range(256)) * 4) + b"\0" * 64 + koly, "application/x-apple-diskimage")
# 12: playlists
add(12, "playlist.m3u8", b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:9,\na.ts\n", "application/vnd.apple.mpegurl", "application/x-mpegURL", "audio/mpegurl", "audio/x-mpegurl")
# 13: XHTML
add(13, "page.html", b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body/></html>\n', "text/html")
# 14: other names of the same type
add(14, "font.otf", b"OTTO\0\x0a\0\x80\0\3\0\x20CFF " + b"\0" * 80, "font/opentype", "application/x-font-opentype")
add(14, "voice.m4a", movie(b"M4A "), "audio/mpeg", "audio/mp4a-latm")
add(14, "plan.dwg", b"AC1027" + b"\0" * 5 + b"\3\2" + b"\0" * 200, "application/acad", "image/x-dwg", "application/x-dwg")
add(14, "chart.wmf", b"\xd7\xcd\xc6\x9a\0\0" + b"\0" * 16 + b"\1\0\x09\0\0\3" + b"\0" * 30, "image/x-wmf")
# 15: containers and text under a vendor's own name
add(15, "comic.cbz", zipped("1.xml"), "application/x-cbz", "application/x-cbr")
add(15, "score.mxl", zipped("META-INF/container.xml", "score.xml"), "application/vnd.recordare.musicxml")
add(15, "cert.cer", b"-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUAAAA\n-----END CERTIFICATE-----\n", "application/pkix-cert")
add(15, "mail.mbox", b"From a@example.com Thu Jan  1 00:00:00 2026\nFrom: a@example.com\nSubject: x\n\nhi\n", "application/mbox")
# 16: bytes before a PDF's header, an old page, a page with a comment first, a sound with a tag alone
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R/Size 3>>\n%%EOF\n"
add(16, "printed.pdf", b"\x1b%-12345X@PJL JOB\n" + PDF, "application/pdf")
add(16, "comment-first.html", b"<!-- generated -->\n<html><body>x</body></html>\n", "text/html")
add(16, "tag-alone.mp3", b"ID3\x03\0\0\0\0\0\x0aTIT2\0\0\0\1\0\0x" + b"\0" * 40, "audio/mpeg")
add(16, "one.txt", b"x", "text/plain", "text/csv")
add(16, "old-page.txt", "Gr\xfc\xdfe aus K\xf6ln\n".encode("cp437", "replace") * 3, "text/plain")


# 17: names that files without a mark share
add(17, "build.bat", b"@echo off\r\nrem builds all\r\nmsbuild /m\r\n", "application/x-msdos-program", "application/x-msdownload")
add(17, "words.pot", b'# x\nmsgid ""\nmsgstr ""\n"Project-Id-Version: x\\n"\n', "application/vnd.ms-powerpoint", "text/x-gettext-translation-template")
add(17, "drawing.svgz", gzip.compress(SVG), "image/svg+xml")
add(17, "drawing-encoded.svgz", gzip.compress(SVG), "image/svg+xml", encoding="gzip")

if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    with (out / "declared.tsv").open("w") as table:
        for row, name, body, declared, encoding in files:
            (out / name).write_bytes(body)
            for kind in declared:
                table.write(f"{name}\t{kind}\t{encoding}\n")
