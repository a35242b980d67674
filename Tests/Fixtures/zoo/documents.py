"""Documents that carry files (OLE2, RTF, base64 in texts, property lists), alone and in a ZIP in a ZIP, and innocents."""

import base64
import plistlib
import struct
import urllib.parse
import zlib

import zips
from animals import noise, prose
from sectors import build, package, vba, vba_directory

WORD = b"\xec\xa5\xc1\0" + bytes(600) + prose(8000)


def zipped(data, name="a.bin"):
    return zips.archive([(name, data)])


def adder(zoo):
    """Returns a function that adds a file alone and nested twice, under its kind: hidden, encrypted or clean."""

    def add(kind, name, data):
        zoo.add(f"documents/{kind}/{name}", data)
        zoo.add(f"documents/{kind}/{name}.zip", zipped(zipped(data, name)))

    return add


def record(data, is_packed):
    """A record of a PowerPoint document that holds an OLE2 file."""
    body = struct.pack("<I", len(data)) + zlib.compress(data) if is_packed else data
    return struct.pack("<HHI", 16 if is_packed else 0, 0x1011, len(body)) + body


def ole_1(name, data):
    """An OLE 1 object, as RTF has it."""
    return struct.pack("<IIi", 0x501, 2, len(name) + 1) + name + b"\0" + struct.pack("<III", 0, 0, len(data)) + data


def compound_files(add, payload):
    archive = zips.archive([("noise", noise(9000, 3)), ("payload.bin", payload)])
    inner = build({"Contents": payload, "Text": prose(5000)})
    for shift in (9, 12):
        for seed in (None, 1):
            name = f"{shift}-{'scattered' if seed else 'in-order'}"

            def document(streams, **more):
                return build({"WordDocument": WORD, **streams}, shift, seed=seed, **more)

            add("hidden", f"small-{name}.doc", document({"x": payload}))
            add("hidden", f"archive-{name}.doc", document({"x": archive}))
            add("hidden", f"no-storage-{name}.doc", document({"x": archive}, hidden=("x",)))
            add("hidden", f"package-{name}.doc", document({"\1Ole10Native": package(b"a.exe", payload)}))
            native = struct.pack("<I", len(payload)) + payload
            add("hidden", f"native-{name}.doc", document({"\1Ole10Native": native}))
            add("hidden", f"ole2-{name}.doc", document({"x": build({"y": archive}, seed=3)}))
            directory = vba_directory({"Module1": 77})
            add("hidden", f"macro-{name}.doc", document({"dir": directory, "Module1": noise(77) + vba(payload)}))
            add("clean", f"plain-{name}.doc", document({"1Table": prose(9000), "\1CompObj": noise(100)}))
    for number, objects in enumerate(([True], [False], [True] * 90)):
        others = b"".join(record(build({"q": prose(300, i)}), True) for i in range(len(objects) - 1))
        slides = noise(555) + others + record(inner, objects[0])
        add("hidden", f"powerpoint-{number}.ppt", build({"PowerPoint Document": slides}))
    head = b"HWP Document File".ljust(32, b"\0") + b"\0\0\0\5\1\0\0\0" + bytes(216)
    packed = zlib.compress(payload)[2:-4]
    add("hidden", "hangul.hwp", build({"FileHeader": head, "BIN0001.bin": packed}))
    cabinet = chr(0x3800 + (10 | 11 << 6)) + chr(0x4840)
    add("hidden", "installer.msi", build({cabinet: archive, "\5SummaryInformation": noise(300)}))
    add("hidden", "no-stream.doc", build({"WordDocument": WORD}, spare=archive))
    add("hidden", "tail.doc", build({"WordDocument": WORD}, tail=bytes(700) + archive))
    for cutoff in (64, 100_000):
        add("hidden", f"cutoff-{cutoff}.doc", build({"WordDocument": WORD, "x": archive}, cutoff=cutoff))
    add("hidden", "many-tables.doc", build({"WordDocument": WORD, "n": noise(8_000_000), "x": archive}, seed=4))
    many = {f"__substg1.0_{i:08X}": b"recipient %d" % (i % 7) for i in range(7954)}
    add("clean", "many-recipients.msg", build(many))
    user = struct.pack("<HHIIII", 0, 0xFF6, 20, 20, 0xF3D1C4DF, 0) + bytes(20)
    add("encrypted", "powerpoint.ppt", build({"PowerPoint Document": noise(6000), "Current User": user}))
    hidden = build({"EncryptionInfo": noise(300), "EncryptedPackage": noise(9000)}, hidden=("EncryptedPackage",))
    add("encrypted", "no-storage.docx", hidden)
    add("encrypted", "rights.doc", build({"\tDRMContent": noise(9000)}))


def rich_texts(add, payload):
    objects = {
        "package": ole_1(b"Package", package(b"a.exe", payload)[4:]),
        "archive": ole_1(b"Package", package(b"a.zip", zipped(payload))[4:]),
        "ole2": ole_1(b"Word.Document.8", build({"x": payload, "WordDocument": prose(5000)})),
    }
    for name, data in objects.items():
        digits, size = data.hex().encode(), len(data)

        def text(body, head=b"{\\rtf1 words {\\object\\objemb{\\*\\objclass Package}{\\*\\objdata ", tail=b"}} more}"):
            return head + body + tail

        def split(length, mark):
            return mark.join(digits[i : i + length] for i in range(0, len(digits), length))

        for kind, sample in {
            "plain": text(digits),
            "lines": text(split(63, b"\r\n")),
            "short-head": text(digits, b"{\\rt{\\object\\objemb{\\*\\objdata "),
            "odd-head": text(digits, b"\n {\\rtfzz99{\\object{\\objdata123 "),
            "no-object": text(digits, b"{\\rtf1{\\*\\objdata ", b"}}"),
            "no-end": text(digits, tail=b""),
            "words": text(split(8, b"\\abcz12 ")),
            "long-word": text(b"\\" + b"a" * 300 + b" " + digits),
            "nested": text(digits[:20] + b"{\\foo " + digits[20:60] + b"}" + digits[60:]),
            "nested-ignored": text(digits[:20] + b"{\\*\\foo 4142}" + digits[20:]),
            "quote": text(digits[:20] + b"\\'41" + digits[20:]),
            "quote-in-a-byte": text(digits[:20] + b"a\\'41" + digits[20:]),
            "raw": text(b"\\bin%d " % size + data),
            "raw-between": text(digits[:40] + b"\\bin%d " % (size - 40) + data[20:-20] + digits[-40:]),
            "raw-negative": text(b"\\bin-5 " + digits),
            "within-raw": b"{\\rtf1 {\\pict\\bin99999 {\\object{\\*\\objdata " + digits + b"}}}}",
            "shifted": text(b"0" + digits),
            "garbage": text(split(30, b"zz!\\~")),
            "closed-early": text(digits, b"{\\rtf1 x}}{\\*\\objdata "),
        }.items():
            add("hidden", f"{name}-{kind}.rtf", sample)
    archive = zipped(payload).hex().encode()
    for name, destination in (("pict", b"\\pict\\pngblip"), ("theme", b"\\*\\themedata"), ("other", b"\\unknown")):
        add("hidden", f"{name}.rtf", b"{\\rtf1{" + destination + b" " + archive + b"}}")
    fonts = b"{\\fonttbl\\f0 Arial;}{\\colortbl;\\red0\\green1;}"
    add("clean", "letter.rtf", b"{\\rtf1\\ansi" + fonts + b"Deface a bad cafe, dad. \\par " + prose(9000) + b"}")
    add("clean", "picture.rtf", b"{\\rtf1{\\pict\\wmetafile8 " + noise(3000).hex().encode() + b"}}")
    add("clean", "groups.rtf", b"{\\rtf1" + b"{" * 200_000)


def texts(add, payload):
    code = base64.b64encode(payload)
    carriers = {
        "word-2003.xml": b'<?xml version="1.0"?><w:wordDocument><w:docOleData><w:binData w:name="oledata.mso">%s'
        b"</w:binData></w:docOleData></w:wordDocument>",
        "flat-opc.xml": b'<pkg:package><pkg:part pkg:name="/word/o.bin"><pkg:binaryData>%s</pkg:binaryData></pkg:part></pkg:package>',
        "flat.fodt": b"<office:document><draw:object-ole><office:binary-data>%s</office:binary-data></draw:object-ole></office:document>",
        "book.fb2": b'\xef\xbb\xbf<FictionBook><binary id="a" content-type="x/y">%s</binary></FictionBook>',
        "form.xdp": b"<xdp:xdp><pdf><document><chunk>%s</chunk></document></pdf></xdp:xdp>",
        "list.plist": b'<plist version="1.0"><dict><key>WebResourceData</key><data>%s</data></dict></plist>',
        "any.xml": b"<a><q>%s</q></a>",
    }
    for kind, text in {
        "plain": code,
        "archive": base64.b64encode(zipped(payload)),
        "lines": b"\n  ".join(code[i : i + 76] for i in range(0, len(code), 76)),
        "groups": b" ".join(code[i : i + 4] for i in range(0, len(code), 4)),
        "data-section": b"<![CDATA[" + code + b"]]>",
        "comment": code[:40] + b"<!-- x > y -->" + code[40:],
        "entity": code[:80] + b"&#x%x;" % code[80] + code[81:],
    }.items():
        for name, carrier in carriers.items():
            add("hidden", f"{kind}-{name}", carrier % text)
        wide = (carriers["word-2003.xml"] % text).decode()
        add("hidden", f"{kind}-utf-16.xml", b"\xff\xfe" + wide.encode("utf-16-le"))
    for kind, address in {
        "base64": b"data:application/octet-stream;base64," + code,
        "percent": b"data:application/x," + urllib.parse.quote(payload).encode(),
        "both": b"DATA:x/y;charset=utf-8;BASE64," + urllib.parse.quote(code, safe="").encode(),
    }.items():
        add("hidden", f"{kind}.svg", b'<svg><image xlink:href="' + address + b'"/></svg>')
        add("hidden", f"{kind}.css", b"a { background: url(" + address + b") }")
        add("hidden", f"{kind}.html", b'<!DOCTYPE html><a href="' + address + b'" download=x>x</a>')
        references = b"".join(b"&#%d;" % byte for byte in address)
        add("hidden", f"{kind}-references.html", b"<!DOCTYPE html><a href=" + references + b" download=x>x</a>")
        tabs = b"\x01 " + address[:3] + b"\t\n" + address[3:].replace(b",", b"&comma;", 1)
        add("hidden", f"{kind}-tabs.html", b"<!DOCTYPE html><a href='" + tabs + b"' download=x>x</a>")
        entities = b'<!DOCTYPE svg [<!ENTITY a "' + address[:60] + b'"><!ENTITY b "' + address[60:] + b'">]>'
        add("hidden", f"{kind}-entities.svg", entities + b'<svg><image xlink:href="&a;&b;"/></svg>')
        shifts = b"\x1b(B".join(address[i : i + 4] for i in range(0, len(address), 4))
        add("hidden", f"{kind}-shifts.xml", b'<?xml version="1.0" encoding="ISO-2022-JP"?><a b="' + shifts + b'"/>')
    page = {"WebMainResource": {"WebResourceData": zipped(payload), "WebResourceURL": "x"}}
    add("hidden", "binary.webarchive", plistlib.dumps(page, fmt=plistlib.FMT_BINARY))
    add("hidden", "text.webarchive", plistlib.dumps(page))
    words = b"".join(b"<p>" + prose(300, i).replace(b"\n", b" ") + b"</p>" for i in range(50))
    add("clean", "words.xml", b"<a>" + words + b"</a>")
    add("clean", "picture.html", b'<html><img src="data:image/png;base64,' + base64.b64encode(noise(5000)) + b'"></html>')
    notebook = b'{"cells": [{"outputs": [{"data": {"image/png": "%s\\n"}}]}], "nbformat": 4}'
    add("hidden", "notebook.ipynb", notebook % base64.b64encode(zipped(payload)))
    add("clean", "notebook.ipynb", notebook % base64.b64encode(noise(300)))
    layers = b'<!DOCTYPE svg [<!ENTITY ns_svg "http://www.w3.org/2000/svg">]><svg xmlns="&ns_svg;"><g id="a&amp;b"/></svg>'
    add("clean", "entities.svg", layers)
    japanese = b'<html><meta charset="iso-2022-jp"><p>\x1b$B%3%s%K%A%O\x1b(B</p></html>'
    add("clean", "shifts.html", japanese)
    add("clean", "data.json", b'{"data": 1, "a": "data:, x"}')
    add("clean", "numbers.plist", plistlib.dumps({"a": 1, "b": noise(300)}, fmt=plistlib.FMT_BINARY))


def add_all(zoo, payload):
    add = adder(zoo)
    compound_files(add, payload)
    rich_texts(add, payload)
    texts(add, payload)
