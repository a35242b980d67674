"""Texts of every kind that people upload, and texts that begin like, or speak about, something else."""

from documents import TEXT

PLAIN = {
    "markdown.md": ("text/markdown", '# tidy\n\n<p align="center"><img src="b.svg"></p>\n\n```sh\n#!/bin/sh\necho <?php 1 ?>\n```\n'),
    "markdown-comment.md": ("text/markdown", "<!-- badges -->\n# Title\n\n<details><summary>More</summary>text</details>\n"),
    "table-semicolon.csv": ("text/csv", 'SKU;Name;Text\n1;Mug;"<p>0.3 l <a href=""https://x.org"">More</a></p>"\n' * 9),
    "table-comma.csv": ("text/csv", "id,name,when\n1,Zoë,2026-01-02\n2,Ann,2026-01-03\n" * 9),
    "table-one-cell.csv": ("text/csv", "7"),
    "table-articles.csv": ("text/csv", "ArticleNumber;Producer\n4711;North\n"),
    "table-formulas.csv": ("text/csv", "=SUM(A1:A9),+1,-1,@x\n"),
    "table.tsv": ("text/tab-separated-values", "a\tb\n<b>1</b>\t2\n" * 5),
    "settings.json": ("application/json", '{"a": [1, 2, {"b": "<html>"}], "c": null}\n'),
    "lines.jsonl": ("application/x-ndjson", '{"a": 1}\n{"a": 2}\n'),
    "map.geojson": ("application/geo+json", '{"type": "FeatureCollection", "features": []}\n'),
    "notebook.ipynb": ("application/x-ipynb+json", '{"cells": [{"cell_type": "code", "source": ["import os\\n"]}], "nbformat": 4, "nbformat_minor": 5}\n'),
    "settings.yaml": ("application/yaml", "a: 1\nb:\n  - <tag>\n"),
    "settings.toml": ("application/toml", '[a]\nb = "c"\n'),
    "settings.ini": ("text/plain", "[section]\nkey = value\n"),
    "page.html": ("text/html", "<!DOCTYPE html><html><head><title>x</title></head><body><p>words</p></body></html>\n"),
    "page-comment.html": ("text/html", "<!-- saved -->\n<html><body>words</body></html>\n"),
    "page-script.html": ("text/html", "<!doctype html><script>let a = 1 < 2;</script><style>p{color:red}</style>\n"),
    "page.xhtml": ("application/xhtml+xml", '<?xml version="1.0"?>\n<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body/></html>\n'),
    "feed.xml": ("application/xml", '<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><description>&lt;b&gt;</description></channel></rss>\n'),
    "feed.atom": ("application/atom+xml", '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>x</title></feed>\n'),
    "track.gpx": ("application/gpx+xml", '<?xml version="1.0"?><gpx version="1.1"><trk><name>x</name></trk></gpx>\n'),
    "places.kml": ("application/vnd.google-earth.kml+xml", '<?xml version="1.0"?><kml><Document><description><![CDATA[<b>x</b>]]></description></Document></kml>\n'),
    "list.plist": ("application/x-plist", '<?xml version="1.0"?><!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "x"><plist version="1.0"><dict/></plist>\n'),
    "novel.fb2": ("application/x-fictionbook+xml", '<?xml version="1.0"?><FictionBook><body><p>x</p></body></FictionBook>\n'),
    "score.musicxml": ("application/vnd.recordare.musicxml+xml", '<?xml version="1.0"?><score-partwise version="3.1"/>\n'),
    "invoice.xml": ("text/xml", '<?xml version="1.0" encoding="UTF-8"?><Invoice xmlns="urn:oasis:names:specification:ubl"/>\n'),
    "style.css": ("text/css", '/* for <a href="x"> */\nbody { color: red }\n'),
    "code.js": ("text/javascript", 'const a = "<html><script>";\nexport default a;\n'),
    "code.ts": ("video/mp2t", "export function add(a: number, b: number): number {\n  return a + b;\n}\n"),
    "code.jsx": ("text/jsx", "export const A = () => <html><body>x</body></html>;\n"),
    "code.py": ("text/x-python", "#!/usr/bin/env python3\nprint('<html>')\n"),
    "code.c": ("text/x-csrc", "#include <stdio.h>\nint main(void) { return 0; }\n"),
    "code.java": ("text/x-java", "/** <html> */\npublic class A { }\n"),
    "code.sql": ("application/sql", "-- <b>\nSELECT 1;\n"),
    "code.sh": ("application/x-sh", "#!/bin/sh\nset -e\necho x\n"),
    "code.bat": ("application/x-msdos-program", "@echo off\r\nrem x\r\necho done\r\n"),
    "code.ps1": ("text/plain", "Write-Host 'x'\r\n"),
    "code.php": ("application/x-php", "<?php\necho 1;\n"),
    "code.rb": ("text/x-ruby", "#!/usr/bin/ruby\nputs 1\n"),
    "code.pl": ("text/x-perl", "#!/usr/bin/perl\nprint 1;\n"),
    "code.tex": ("text/x-tex", "\\documentclass{article}\n\\begin{document}\nx\n\\end{document}\n"),
    "code.diff": ("text/x-diff", "--- a\n+++ b\n@@ -1 +1 @@\n-<a>\n+<b>\n"),
    "words.po": ("text/x-gettext-translation", 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "a"\nmsgstr "b"\n'),
    "words.pot": ("application/vnd.ms-powerpoint", '# x\nmsgid ""\nmsgstr ""\n"Project-Id-Version: x\\n"\n\nmsgid "a"\nmsgstr ""\n'),
    "subtitles.srt": ("application/x-subrip", "1\n00:00:01,000 --> 00:00:02,000\n<i>Hello</i>\n\n"),
    "subtitles.vtt": ("text/vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Hello\n"),
    "playlist.m3u8": ("application/vnd.apple.mpegurl", "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:9,\na.ts\n"),
    "playlist.pls": ("audio/x-scpls", "[playlist]\nFile1=a.mp3\n"),
    "model.obj": ("model/obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"),
    "model.mtl": ("model/mtl", "newmtl a\nKd 1 0 0\n"),
    "model-text.stl": ("model/stl", "solid cube\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nendloop\nendfacet\nendsolid cube\n"),
    "model-text.ply": ("model/ply", "ply\nformat ascii 1.0\nelement vertex 0\nend_header\n"),
    "drawing.dxf": ("image/vnd.dxf", "  0\nSECTION\n  2\nHEADER\n  0\nENDSEC\n  0\nEOF\n"),
    "drawing.step": ("model/step", "ISO-10303-21;\nHEADER;\nENDSEC;\nDATA;\nENDSEC;\nEND-ISO-10303-21;\n"),
    "scene.gltf": ("model/gltf+json", '{"asset": {"version": "2.0"}}\n'),
    "key.pem": ("application/x-pem-file", "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUAAAA\n-----END CERTIFICATE-----\n"),
    "cert.cer": ("application/pkix-cert", "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUAAAA\n-----END CERTIFICATE-----\n"),
    "log.log": ("text/plain", '10.0.0.1 - - [01/Jan/2026] "GET /<script> HTTP/1.1" 404 0 "-" "curl"\n' * 30),
    "contract.txt": ("text/plain", "Article 1 - Subject\n\n" + TEXT),
    "howto.txt": ("text/plain", "Open index.html. Look for <title> near the top.\n#include <stdio.h> begins each program.\n"),
    "mail-within.txt": ("text/plain", "An example:\n\nFrom: a@example.org\nTo: b@example.org\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nwords\n--x--\n"),
    "tests-of-mail.py": ("text/x-python", "MSG = '''\\\nFrom: a@x.org\nContent-Type: message/rfc822\n\nFrom: b@x.org\nContent-Type: message/rfc822\n\nFrom: c@x.org\n\nhi\n'''\n" * 9),
    "pem-talk.txt": ("text/plain", "The file begins with -----BEGIN PGP MESSAGE----- and ends with the same words.\n"),
    "begin-talk.txt": ("text/plain", "begin 644 is how uuencode starts.\nbegin with this\n\nend\n"),
    "base64-talk.txt": ("text/plain", "Content-Transfer-Encoding: base64 is a header.\nSGVsbG8=\n"),
    "single.txt": ("text/plain", "x"),
    "digits.txt": ("text/plain", "1234567890\n" * 30),
    "dots.txt": ("text/plain", "." * 4000),
}  # fmt: skip

BEGINNINGS = {
    "mz": "MZ is the mark of a program. ", "pk": "PK is short for Pakistan. ", "gif": "GIF89a begins such a picture. ", "bm": "BM. The British Museum. ",
    "cws": "CWS: Cooperative Weather Service. ", "rar": "Rar! said the lion. ", "7z": "7z is a packer. ", "id3": "ID3 tags hold titles. ",
    "riff": "RIFF raff. ", "bzh": "BZh is bzip2's mark. ", "elf": "ELF and dwarf. ", "ar": "!<arch is short. ",
    "xz": "xz packs well. ", "ole": "D0CF11E0 is how it begins. ", "mscf": "MSCF is a cabinet. ", "flv": "FLV was a film. ", "fws": "FWS is a service. ",
    "ply": "ply is a layer. ", "solid": "solid ground. ", "from": "From here to there. ", "xml": "xml is everywhere. ", "script": "Script for the play. ",
    "html": "html is a language. ", "ogg": "OggS is a mark. ", "wave": "WAVE to me. ", "lha": "xx-lh5- is LHA. ", "begin": "begin at the start. ",
    "tar": "ustar is a tar. ", "salted": "Salted__ peanuts. ",
}  # fmt: skip


def dictionary() -> str:
    """Words with the letters of their rules, as spell checkers have them."""
    parts = ["Donau", "Dampf", "Schiff", "Fahrts", "Gesell", "Schafts", "Kapitaen", "Muetzen", "Rand"]
    words = ("".join(parts[(n // 9**k) % 9].lower() for k in range(4)).capitalize() + "/" + "ESPTozm"[: n % 7 + 1] for n in range(30_000))
    return "40000\n" + "".join(word + "\n" + ("Rand/E\n" if number % 3 == 2 else "") for number, word in enumerate(words))


def every():
    yield "dictionary.dic", dictionary().encode(), ["text/x-c", "text/plain", "application/octet-stream"]
    for name, (declared, text) in PLAIN.items():
        yield f"text-{name}", text.encode(), [declared]
    for name, start in BEGINNINGS.items():
        yield f"begins-{name}.txt", (start + TEXT * 2).encode(), ["text/plain", "text/csv", "text/markdown"]
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "cp437", "cp850", "mac-roman", "iso8859-15"):
        body = ("Grüße aus Köln; Ärger, Öl\r\n" * 12).encode(encoding)
        yield f"encoded-{encoding}.txt", body, ["text/plain"]
        yield f"encoded-{encoding}.csv", body, ["text/csv"] if encoding.startswith("utf-16-") else ["text/csv", "application/vnd.ms-excel"]
    for encoding, words in (("shift-jis", "東京都の天気"), ("euc-jp", "東京都の天気"), ("gb18030", "北京的天气"), ("big5", "台北的天氣"), ("euc-kr", "서울의 날씨"), ("koi8-r", "Погода в Москве"), ("cp1251", "Погода"), ("cp1253", "Καιρός")):
        yield f"encoded-{encoding}.txt", (words * 20 + "\n").encode(encoding), ["text/plain"]
    for name, end in (("unix", "\n"), ("dos", "\r\n"), ("mac", "\r"), ("form-feed", "\f"), ("none", "")):
        yield f"lines-{name}.txt", (TEXT + end).encode() * 20, ["text/plain"]
