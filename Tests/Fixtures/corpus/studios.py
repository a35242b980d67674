"""Files of studios and offices: music, pictures, films, books, letters."""

import base64
import gzip
import json
import plistlib
import struct
import zipfile
import zlib

from making import OCTETS, TEXT, base, jpeg, noise, png, tarred, zipped


def studios():
    picture = png()
    yield "song.als", gzip.compress(b'<?xml version="1.0" encoding="UTF-8"?>\n<Ableton MajorVersion="5" Creator="Ableton Live 11.3"><LiveSet>' + b'<AudioClip Id="0"><Data>\n\t\t' + b"\n\t\t".join([noise(40).hex().upper().encode()] * 30) + b"</Data></AudioClip></LiveSet></Ableton>"), ["application/x-ableton-live-set", "application/gzip", *OCTETS]
    yield "song.flp", b"FLhd" + struct.pack("<IHHH", 6, 0, 8, 96) + b"FLdt" + struct.pack("<I", 600) + noise(600), OCTETS
    yield "song.mid", b"MThd" + struct.pack(">IHHH", 6, 1, 2, 480) + b"MTrk" + struct.pack(">I", 804) + b"\0\x90\x3c\x40\x60\x80\x3c\x40" * 100 + b"\0\xff\x2f\0" + b"MTrk" + struct.pack(">I", 4) + b"\0\xff\x2f\0", ["audio/midi", "audio/mid", "audio/x-midi"]
    score = b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n<score-partwise version="4.0"><part-list/></score-partwise>\n'
    yield "song.musicxml", score, ["application/vnd.recordare.musicxml+xml", "application/xml"]
    yield "song.mxl", zipped({"mimetype": b"application/vnd.recordare.musicxml", "META-INF/container.xml": b'<?xml version="1.0"?><container><rootfiles><rootfile full-path="score.xml"/></rootfiles></container>', "score.xml": score}), ["application/vnd.recordare.musicxml", "application/zip"]
    yield "song.mscz", zipped({"META-INF/container.xml": b"<container/>", "song.mscx": b'<?xml version="1.0"?><museScore version="4.20"/>', "Thumbnails/thumbnail.png": picture, "audiosettings.json": b"{}"}), ["application/x-musescore", *OCTETS]
    yield "song.sib", b"\x0fSIBELIUS\0\0" + struct.pack(">I", 0x39) + noise(3000), OCTETS + ["application/x-sibelius-score"]
    yield "song.gp", zipped({"VERSION": b"7.0", "Content/score.gpif": b'<?xml version="1.0" encoding="utf-8"?>\n<GPIF/>', "Content/BinaryStylesheet": noise(300), "Content/PartConfiguration": noise(60)}), OCTETS
    yield "song.gpx", b"BCFZ" + struct.pack("<I", 9000) + noise(3000), OCTETS + ["application/gpx+xml"]
    yield "song.gp5", b"\x18FICHIER GUITAR PRO v5.10\0\0\0\0\0\0" + noise(900), OCTETS + ["application/x-guitar-pro"]
    yield "song.ptx", b"\x03" + b"0010111100101011\0\5" + noise(3000), OCTETS
    yield "song.rpp", b"<REAPER_PROJECT 0.1 \"6.80/linux-x86_64\" 1767323046\n  <RENDER_CFG\n    ZXZhdxgAAA==\n  >\n  <VST \"VSTi: Synth\" synth.so 0 \"\" 1\n    " + b"\n    ".join(base64.encodebytes(noise(2000)).split()) + b"\n  >\n>\n", ["text/plain", *OCTETS]
    yield "sounds.sf2", b"RIFF" + struct.pack("<I", 2040) + b"sfbkLIST" + struct.pack("<I", 28) + b"INFOifil" + struct.pack("<IHH", 4, 2, 1) + b"INAM" + struct.pack("<I", 4) + b"Drum" + b"LIST" + struct.pack("<I", 1996) + b"sdtasmpl" + struct.pack("<I", 1984) + noise(1984), ["audio/x-sfbk", "audio/sf2", *OCTETS]
    yield "take.wav", b"RIFF" + struct.pack("<I", 36 + 602 + 8 + 4000 + 8 + 700) + b"WAVEbext" + struct.pack("<I", 602) + b"Scene 1".ljust(602, b"\0") + b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 48000, 96000, 2, 16) + b"data" + struct.pack("<I", 4000) + noise(4000) + b"iXML" + struct.pack("<I", 700) + b"<?xml version='1.0'?><BWFXML/>".ljust(700), ["audio/wav", "audio/x-wav", "audio/vnd.wave"]
    drawing = b"<mxGraphModel><root>" + b'<mxCell id="2" value="Box"/>' * 40 + b"</root></mxGraphModel>"
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    yield "diagram.drawio", b'<mxfile host="app.diagrams.net" type="device"><diagram id="a" name="Page-1">' + base64.b64encode(deflate.compress(drawing) + deflate.flush()) + b"</diagram></mxfile>", ["application/vnd.jgraph.mxfile", "text/xml", *OCTETS]
    yield "diagram.drawio.png", picture, ["image/png"]
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    kiwi = deflate.compress(noise(900) + bytes(900)) + deflate.flush()
    yield "screens.fig", b"fig-kiwi\x2f\0\0\0" + struct.pack("<I", len(kiwi)) + kiwi + struct.pack("<I", 1800) + b"\x28\xb5\x2f\xfd" + noise(1796), OCTETS
    yield "screens-local.fig", zipped({"canvas.fig": b"fig-kiwi\x2f\0\0\0" + struct.pack("<I", len(kiwi)) + kiwi, "thumbnail.png": picture, "meta.json": b"{}", "images/": b""}, zipfile.ZIP_STORED), OCTETS + ["application/zip"]
    yield "screens.sketch", zipped({"document.json": b"{}", "meta.json": b"{}", "user.json": b"{}", "pages/A.json": b'{"_class":"page"}', "previews/preview.png": picture}), ["application/zip", "application/x-sketch", *OCTETS]
    yield "screens.xd", zipped({"mimetype": b"application/vnd.adobe.sparkler.project+dcxucf", "META-INF/metadata.xml": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", "artwork/pasteboard/graphics/graphicContent.agc": b"{}", "manifest": b"{}", "preview.png": picture}), ["application/vnd.adobe.xd", *OCTETS]
    layers = struct.pack(">I", 0)
    resources = b"8BIM" + struct.pack(">HHI", 0x0404, 0, 0) + b"8BIM" + struct.pack(">HHI", 0x040C, 0, 28 + 900) + struct.pack(">IIIIIIHH", 1, 40, 30, 120, 3600, 900, 24, 1) + jpeg()[:900].ljust(900, b"\0") + b"8BIM" + struct.pack(">HHI", 0x0424, 0, 38) + b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>  "[:38]
    yield "poster.psd", b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 30, 40, 8, 3) + struct.pack(">I", 0) + struct.pack(">I", len(resources)) + resources + layers + struct.pack(">H", 0) + noise(3600), ["image/vnd.adobe.photoshop", "application/x-photoshop"]
    yield "poster.indd", bytes.fromhex("0606edf5d81d46e5bd31efe7fe74b71d") + b"DOCUMENT\1p\x0f\0\0" + bytes(235) + noise(8000) + b"<?xpacket begin='\xef\xbb\xbf' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'><xmpGImg:image>" + base64.b64encode(jpeg()) + b"</xmpGImg:image></x:xmpmeta><?xpacket end='r'?>", ["application/x-indesign", *OCTETS]
    yield "poster.idml", zipped({"mimetype": b"application/vnd.adobe.indesign-idml-package", "designmap.xml": b"<?xml version='1.0'?><Document/>", "Stories/Story_u1.xml": b"<?xml version='1.0'?><idPkg:Story/>", "META-INF/container.xml": b"<container/>"}), ["application/vnd.adobe.indesign-idml-package", *OCTETS]
    yield "poster.cdr", zipped({"mimetype": b"application/x-vnd.corel.draw.document+zip", "content/riffData.cdr": b"RIFF" + struct.pack("<I", 900) + b"CDRG" + noise(896), "metadata/thumbnails/thumbnail.bmp": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54 + 300, 0, 0, 54, 40, 10, 10, 1, 24, 0, 300, 0, 0, 0, 0) + noise(300)}), ["application/vnd.corel-draw", "application/x-coreldraw", "application/zip"]
    yield "poster-old.cdr", b"RIFF" + struct.pack("<I", 2004) + b"CDRCvrsn" + struct.pack("<IH", 2, 1200) + b"LIST" + struct.pack("<I", 1978) + b"cmpr" + struct.pack("<4I", 1900, 4000, 20, 60) + b"CPng\1\0\4\0" + zlib.compress(noise(1500) + bytes(900)) + noise(300), ["application/vnd.corel-draw", "application/x-coreldraw"]
    yield "poster.afphoto", b"\0\xffKA\x08\0\0\0nsrP#Inf" + struct.pack("<QQ", 400, 900) + noise(300) + b"\x28\xb5\x2f\xfd\xa4" + noise(900), OCTETS
    yield "poster.clip", b"CSFCHUNK" + struct.pack(">QQ", 9000, 24) + b"CHNKHead" + struct.pack(">Q", 40) + noise(40) + b"CHNKExta" + struct.pack(">Q", 700) + zlib.compress(noise(600))[:700].ljust(700, b"\0") + b"CHNKSQLi" + struct.pack(">Q", 8192) + base("create table Canvas(a integer, b blob)", ("insert into Canvas values (1, ?)", (picture,))), OCTETS + ["application/x-clip-studio"]
    yield "poster.pdn", b"PDN3\x40\1\0" + b'<pdnImage width="8" height="8"/>'.ljust(320) + b"\0\1" + b"\0\1\0\0\0\xff\xff\xff\xff" + noise(300) + gzip.compress(noise(900)) + noise(60), OCTETS + ["image/x-paintnet"]
    yield "poster.kra", zipped({"mimetype": b"application/x-krita", "maindoc.xml": b"<?xml version='1.0'?><DOC/>", "documentinfo.xml": b"<?xml version='1.0'?><document-info/>", "preview.png": picture, "poster/layers/layer2": b"VERSION 2\nTILEWIDTH 64\nTILEHEIGHT 64\nPIXELSIZE 4\nDATA 1\n0,0,LZF,900\n" + noise(900)}), ["application/x-krita"]
    yield "poster.ora", zipped({"mimetype": b"image/openraster", "stack.xml": b"<?xml version='1.0'?><image/>", "data/layer0.png": picture, "mergedimage.png": picture}), ["image/openraster"]
    yield "poster.procreate", zipped({"Document.archive": plistlib.dumps({"$archiver": "NSKeyedArchiver", "$objects": ["$null"]}, fmt=plistlib.FMT_BINARY), "QuickLook/Thumbnail.png": picture, "A/0~0.lz4": b"bv41" + struct.pack("<II", 900, 700) + noise(700) + b"bv4$"}), OCTETS
    yield "poster.xcf.gz", gzip.compress(b"gimp xcf v011\0" + struct.pack(">3I", 40, 30, 0) + noise(900)), ["application/gzip", "image/x-compressed-xcf"]
    yield "look.cube", b"TITLE \"Look\"\nLUT_3D_SIZE 9\n" + b"".join(f"{n % 9 / 8:.6f} {n // 9 % 9 / 8:.6f} {n // 81 / 8:.6f}\n".encode() for n in range(729)), ["text/plain", *OCTETS]
    yield "look.xmp", b"<?xpacket begin='\xef\xbb\xbf' id='W5M0MpCehiHzreSzNTczkc9d'?>\n<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/></x:xmpmeta>\n<?xpacket end='w'?>", ["application/rdf+xml", *OCTETS]
    yield "film.prproj", gzip.compress(b'<?xml version="1.0" encoding="UTF-8" ?>\n<PremiereData Version="3">' + base64.b64encode(noise(900)) + b"</PremiereData>"), OCTETS
    yield "film.fcpxml", b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n<fcpxml version="1.11"><resources/></fcpxml>\n', ["application/xml", *OCTETS]
    yield "film.aep", b"RIFX" + struct.pack(">I", 2004) + b"Egg!svap" + struct.pack(">I", 4) + noise(4) + b"head" + struct.pack(">I", 1980) + noise(1980), OCTETS
    yield "words.sub", b"".join(f"{{{n * 25}}}{{{n * 25 + 20}}}Words | more\r\n".encode() for n in range(100)), ["text/x-microdvd", "text/plain", "image/vnd.dvb.subtitle"]
    yield "words.idx", b"# VobSub index file, v7 (do not modify this line!)\nsize: 720x576\n" + b"".join(f"timestamp: 00:00:{n:02}:000, filepos: {n * 2048:09x}\n".encode() for n in range(60)), ["text/plain", *OCTETS]
    yield "words-picture.sub", b"".join((b"\0\0\1\xba\x44\0\4\0\4\1\0\1\x89\xc3\xf8\0\0\1\xbd" + struct.pack(">H", 2028) + noise(2026, n)).ljust(2048, b"\xff") for n in range(6)), ["video/mpeg", "text/x-microdvd"]
    yield "words.ttml", b'<?xml version="1.0" encoding="UTF-8"?>\n<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="00:00:01.000" end="00:00:02.000">Words</p></div></body></tt>\n', ["application/ttml+xml"]
    yield "words.stl", b"850STL25.010110" .ljust(1024, b" ") + b"".join(struct.pack("<BHBBBBBBBBBBBBBB", 0, n, 255, 0, 0, 0, n, 0, 0, 0, n, 20, 20, 2, 0, 0)[:16] + b"Words".ljust(112, b"\x8f") for n in range(40)), OCTETS + ["application/x-ebu-stl"]


def offices():
    yield "report.gdoc", b'{"":"WARNING! DO NOT EDIT THIS FILE!","doc_id":"1x","resource_key":"","email":"a@example.com"}', ["application/json", "application/vnd.google-apps.document", *OCTETS]
    iwa = b"\0" + len(noise(900)).to_bytes(3, "little") + noise(900)
    for kind, name in (("pages", "application/vnd.apple.pages"), ("numbers", "application/vnd.apple.numbers"), ("key", "application/vnd.apple.keynote")):
        members = {"Index/Document.iwa": iwa, "Index/Metadata.iwa": iwa, "Metadata/Properties.plist": plistlib.dumps({"a": 1}, fmt=plistlib.FMT_BINARY), "Metadata/DocumentIdentifier": b"A-B", "preview.jpg": jpeg(), "Data/photo-1.jpg": jpeg()}
        yield f"report.{kind}", zipped(members, zipfile.ZIP_STORED), [name, f"application/x-iwork-{ {'pages': 'pages', 'numbers': 'numbers', 'key': 'keynote'}[kind]}-sff{kind}"]
        yield f"report-2009.{kind}", zipped({"index.xml": b'<?xml version="1.0"?>\n<sl:document xmlns:sl="x"/>', "buildVersionHistory.plist": plistlib.dumps(["1"]), "QuickLook/Thumbnail.jpg": jpeg(), "QuickLook/Preview.pdf": b"%PDF-1.3\n%%EOF\n"}), [name]
        yield f"report-2013.{kind}", zipped({"Index.zip": zipped({"Index/Document.iwa": iwa}, zipfile.ZIP_STORED), "Metadata/Properties.plist": plistlib.dumps({"a": 1}), "preview.jpg": jpeg()}, zipfile.ZIP_STORED), [name]
    yield "notes.hwpx", zipped({"mimetype": b"application/hwp+zip", "version.xml": b"<?xml version='1.0'?><hv:HCFVersion/>", "Contents/section0.xml": b"<?xml version='1.0'?><hs:sec/>", "Contents/header.xml": b"<?xml version='1.0'?><hh:head/>", "settings.xml": b"<a/>", "Preview/PrvImage.png": png()}), ["application/hwp+zip", "application/vnd.hancom.hwpx"]
    yield "plan.xps", zipped({"[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>', "_rels/.rels": b"<Relationships/>", "FixedDocSeq.fdseq": b"<FixedDocumentSequence/>", "Documents/1/Pages/1.fpage": b"<FixedPage/>", "Resources/A.odttf": noise(900)}), ["application/vnd.ms-xpsdocument", "application/oxps"]
    yield "plan.vsdx", zipped({"[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/visio/document.xml" ContentType="application/vnd.ms-visio.drawing.main+xml"/></Types>', "_rels/.rels": b"<Relationships/>", "visio/document.xml": b"<VisioDocument/>"}), ["application/vnd.ms-visio.drawing", "application/vnd.visio"]
    yield "mind.xmind", zipped({"content.json": b"[]", "metadata.json": b"{}", "manifest.json": b"{}", "Thumbnails/thumbnail.png": png(), "content.xml": b"<xmap-content/>"}), ["application/vnd.xmind.workbook", "application/zip", *OCTETS]
    yield "mind.mm", b'<map version="freeplane 1.9.13">\n<node TEXT="Map"><richcontent TYPE="NOTE"><html><head></head><body><p>Note</p></body></html></richcontent></node>\n</map>\n', ["application/x-freemind", "text/troff", "application/xml"]
    yield "book.fb2", b'<?xml version="1.0" encoding="utf-8"?>\n<FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0"><body><section><p>' + TEXT.encode() * 20 + b'</p></section></body><binary id="c.jpg" content-type="image/jpeg">' + base64.encodebytes(jpeg()) + b"</binary></FictionBook>", ["application/x-fictionbook+xml", "text/xml"]
    yield "book.fb2.zip", zipped({"book.fb2": b'<?xml version="1.0" encoding="utf-8"?>\n<FictionBook/>'}), ["application/x-zip-compressed-fb2", "application/zip"]
    for name, kind in (("mobi", 6), ("azw3", 8)):
        records = [b"\0\2\0\0" + struct.pack(">IHHHH", 4000, 1, 4096, 0, 0) + b"MOBI" + struct.pack(">IIIII", 232, 2, 65001, 1234, kind) + bytes(200), noise(2000), jpeg(), b"FLIS\0\0\0\x08\0A\0\0\0\0\0\0\xff\xff\xff\xff", b"\xe9\x8e\x0d\x0a"]
        offset, table = 78 + 8 * len(records) + 2, b""
        for n, record in enumerate(records):
            table += struct.pack(">II", offset, 2 * n)
            offset += len(record)
        yield f"book.{name}", b"A_Book".ljust(32, b"\0") + struct.pack(">HHIIIIII4s4sIIH", 0, 0, 0xDA000000, 0xDA000000, 0, 0, 0, 0, b"BOOK", b"MOBI", 9, 0, len(records)) + table + b"\0\0" + b"".join(records), ["application/x-mobipocket-ebook", "application/vnd.amazon.ebook", "application/vnd.amazon.mobi8-ebook"]
    yield "comic.cbz", zipped({f"{n:03}.jpg": jpeg() for n in range(6)}, zipfile.ZIP_STORED), ["application/vnd.comicbook+zip", "application/x-cbz"]
    yield "comic.cbt", tarred({f"{n:03}.jpg": jpeg() for n in range(6)}), ["application/x-cbt", "application/x-cb7"]
    yield "cards.apkg", zipped({"collection.anki2": base("create table notes(id integer, flds text)"), "media": b'{"0":"a.jpg"}', "0": jpeg()}), OCTETS + ["application/apkg", "application/zip"]
    yield "cards.colpkg", zipped({"meta": b"\x08\3", "collection.anki2": base("create table notes(id integer)"), "media": b"{}"}, zipfile.ZIP_STORED), OCTETS
    yield "page.mhtml", ("From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.com/\r\nSubject: Page\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\ttype=\"text/html\";\r\n\tboundary=\"----MultipartBoundary--x----\"\r\n\r\n\r\n------MultipartBoundary--x----\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Location: https://example.com/\r\n\r\n<!DOCTYPE html><html><body>Page=C3=A9</body></html>\r\n------MultipartBoundary--x----\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-Location: https://example.com/a.png\r\n\r\n" + base64.encodebytes(png()).decode().replace("\n", "\r\n") + "\r\n------MultipartBoundary--x------\r\n").encode(), ["multipart/related", "message/rfc822", "application/x-mimearchive"]
    yield "page.webarchive", plistlib.dumps({"WebMainResource": {"WebResourceData": b"<html><body>Page</body></html>", "WebResourceMIMEType": "text/html", "WebResourceURL": "https://example.com/"}, "WebSubresources": [{"WebResourceData": png(), "WebResourceMIMEType": "image/png"}]}, fmt=plistlib.FMT_BINARY), ["application/x-webarchive", *OCTETS]
    yield "page.har", json.dumps({"log": {"version": "1.2", "entries": [{"response": {"content": {"mimeType": "image/png", "encoding": "base64", "text": base64.b64encode(png(seed=n)).decode()}}} for n in range(9)]}}, indent=1).encode(), ["application/json", "application/har+json", *OCTETS]
    letter = ("Return-Path: <a@example.com>\nReceived: from x by y; Fri, 2 Jan 2026 03:04:05 +0000\nFrom: A <a@example.com>\nTo: b@example.com\nSubject: Photos\nMime-Version: 1.0 (Mac OS X Mail 16.0)\nX-Uniform-Type-Identifier: com.apple.mail-draft\nContent-Type: multipart/mixed;\n\tboundary=\"Apple-Mail=_1\"\n\n\n--Apple-Mail=_1\nContent-Transfer-Encoding: 7bit\nContent-Type: text/plain;\n\tcharset=us-ascii\n\nHere\n\n--Apple-Mail=_1\nContent-Disposition: inline;\n\tfilename*=utf-8''Foto%20%C3%A4.jpg\nContent-Type: image/jpeg;\n\tx-unix-mode=0644;\n\tname=\"=?utf-8?Q?Foto_a=CC=88=2Ejpg?=\"\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(jpeg()).decode() + "\n--Apple-Mail=_1--\n").encode()
    yield "apple.eml", letter, ["message/rfc822"]
    yield "apple.emlx", f"{len(letter):<10}\n".encode() + letter + plistlib.dumps({"date-received": 1767323046, "flags": 8590195713}), ["message/x-emlx", *OCTETS]
    yield "signed.eml", b"From: a@example.com\r\nTo: b@example.com\r\nSubject: Signed\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"x\"\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nWords\r\n--x\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=smime.p7s\r\n\r\n" + base64.encodebytes(b"\x30\x82\1\x00" + noise(256)).replace(b"\n", b"\r\n") + b"--x--\r\n", ["message/rfc822"]
    yield "invoice.xml", b'<?xml version="1.0" encoding="UTF-8"?>\n<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><AdditionalDocumentReference><Attachment><EmbeddedDocumentBinaryObject mimeCode="image/png" filename="a.png">' + base64.b64encode(png()) + b"</EmbeddedDocumentBinaryObject></Attachment></AdditionalDocumentReference></Invoice>", ["application/xml", "text/xml"]


def every():
    for family in (studios, offices):
        for name, body, types in family():
            yield f"{family.__name__}-{name}", body, types
