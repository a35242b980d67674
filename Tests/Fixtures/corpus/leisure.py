"""What people collect and make at home: photos with more than one picture, music and films with something attached, games and what
is added to them, fonts, tracks, backups of phones, files of scanners and of crashed programs."""

import base64
import gzip
import io
import json
import struct
import zipfile
import zlib

from documents import TEXT
from making import OCTETS, base, box, full, jpeg, noise, png, tarred, zipped


def marker(kind: int, body: bytes) -> bytes:
    return b"\xff" + bytes([kind]) + struct.pack(">H", len(body) + 2) + body


def tiff(rows, order="<", head=b"", tail=b"") -> bytes:
    """A TIFF of one directory: {tag: (kind, values or bytes)}. Bytes stand behind the directory."""
    magic = head or (b"II*\0" if order == "<" else b"MM\0*")
    start = len(magic) + 4
    begin = start + 2 + 12 * len(rows) + 4
    body, extra = b"", b""
    for tag, (kind, values) in sorted(rows.items()):
        count = len(values) if isinstance(values, bytes) else 1
        size = count * {1: 1, 2: 1, 3: 2, 4: 4, 7: 1}[kind]
        if isinstance(values, bytes) and size > 4:
            value, extra = struct.pack(order + "I", begin + len(extra)), extra + values
        elif isinstance(values, bytes):
            value = values.ljust(4, b"\0")
        else:
            value = struct.pack(order + ("HH" if kind == 3 else "I"), *((values, 0) if kind == 3 else (values,)))
        body += struct.pack(order + "HHI", tag, kind, count) + value
    return magic + struct.pack(order + "I", start) + struct.pack(order + "H", len(rows)) + body + bytes(4) + extra + tail


def photos():
    picture, second = jpeg(), jpeg()
    extended = b"http://ns.adobe.com/xmp/extension/\0" + noise(16).hex().encode() + struct.pack(">II", 9000, 0)
    depth = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description GDepth:Data="' + base64.b64encode(png((60, 60))) + b'" GImage:Data="' + base64.b64encode(second) + b'"/></x:xmpmeta>'
    yield "depth.jpg", picture[:2] + marker(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'/>") + b"".join(marker(0xE1, extended + depth[at : at + 60000]) for at in range(0, len(depth), 60000)) + picture[2:], ["image/jpeg"]
    yield "ultra-hdr.jpg", picture[:2] + marker(0xE1, b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/"><Container:Directory><rdf:li Item:Semantic="GainMap" Item:Mime="image/jpeg" Item:Length="%d"/></Container:Directory></x:xmpmeta>' % len(second)) + marker(0xE2, b"MPF\0II*\0\x08\0\0\0\3\0" + noise(60)) + picture[2:] + second[:2] + marker(0xE1, b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta hdrgm:Version="1.0"/>') + second[2:], ["image/jpeg"]
    film = box(b"ftyp", b"mp42\0\0\0\0isommp42") + box(b"moov", full(b"mvhd", bytes(96))) + box(b"mdat", noise(3000))
    yield "motion-samsung.jpg", picture + b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data" + film + b"SEFH\x6a\0\0\0\1\0\0\0\0\0\x30\x0a" + struct.pack("<II", len(film) + 24, len(film) + 24) + b"\x18\0\0\0SEFT", ["image/jpeg"]
    yield "motion-google.heic", box(b"ftyp", b"heic\0\0\0\0mif1heic") + full(b"meta", full(b"hdlr", bytes(4) + b"pict" + bytes(13))) + box(b"mdat", noise(900)) + box(b"mpvd", film), ["image/heic"]
    yield "spherical.jpg", picture[:2] + marker(0xE1, b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description GPano:ProjectionType="equirectangular"/></x:xmpmeta>') + picture[2:] + b"\xff\xd9", ["image/jpeg"]
    yield "content-credentials.jpg", picture[:2] + marker(0xEB, b"JP\0\1\0\0\0\1" + box(b"jumb", box(b"jumd", b"c2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\3c2pa\0") + box(b"cbor", noise(400)))) + picture[2:], ["image/jpeg"]
    preview = {0x100: (4, 40), 0x101: (4, 30), 0x103: (3, 7), 0x10F: (2, b"Camera Maker\0"), 0x111: (7, second), 0x117: (4, len(second))}
    yield "raw.dng", tiff({**preview, 0xC612: (1, b"\1\4\0\0"), 0xC614: (2, b"Camera 1\0"), 0x144: (7, noise(4000))}), ["image/x-adobe-dng", "image/tiff", "image/dng"]
    yield "raw.nef", tiff({**preview, 0x144: (7, noise(4000))}, ">"), ["image/x-nikon-nef", "image/tiff"]
    yield "raw.arw", tiff({**preview, 0x144: (7, noise(4000))}), ["image/x-sony-arw", "image/tiff"]
    yield "raw.cr2", b"II*\0\x10\0\0\0CR\2\0" + struct.pack("<I", 400) + tiff(preview)[8:] + noise(3000), ["image/x-canon-cr2", "image/tiff"]
    yield "raw.cr3", box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", box(b"uuid", noise(16) + noise(900))) + box(b"uuid", noise(16, 2) + b"\0\0\0\0\0\0\0\1" + box(b"PRVW", bytes(16) + second)) + box(b"mdat", noise(3000)), ["image/x-canon-cr3", *OCTETS]
    yield "raw.orf", tiff(preview, head=b"IIRO"), ["image/x-olympus-orf", *OCTETS]
    yield "raw.rw2", tiff(preview, head=b"IIU\0"), ["image/x-panasonic-rw2", *OCTETS]
    yield "raw.raf", b"FUJIFILMCCD-RAW 0201FF389501Camera 1".ljust(84, b"\0") + struct.pack(">6I", 160, len(second), 160 + len(second), 900, 1060 + len(second), 3000).ljust(76, b"\0") + second + noise(3900), ["image/x-fuji-raf", *OCTETS]
    yield "map.tif", tiff({0x100: (4, 40), 0x101: (4, 30), 0x111: (7, noise(1200)), 0x117: (4, 1200), 0x87AF: (7, noise(32)), 0xA480: (2, b"<GDALMetadata><Item name='a'>1</Item></GDALMetadata>\0")}), ["image/tiff", "image/geotiff"]
    yield "large.psb", b"8BPS" + struct.pack(">H6xHIIHH", 2, 3, 30, 40, 8, 3) + bytes(8) + bytes(8) + struct.pack(">H", 0) + noise(3600), ["image/vnd.adobe.photoshop", *OCTETS]
    yield "layers.xcf", b"gimp xcf v011\0" + struct.pack(">3I", 40, 30, 0) + struct.pack(">II", 17, 1) + b"\1" + struct.pack(">II", 21, 40) + struct.pack(">I", 13) + b"gimp-comment\0" + struct.pack(">II", 1, 15) + b"Made with GIMP\0" + noise(2000), ["image/x-xcf"]
    yield "scan.djvu", b"AT&TFORM" + struct.pack(">I", 2000) + b"DJVUINFO" + struct.pack(">I", 10) + bytes(10) + b"Sjbz" + struct.pack(">I", 1974) + noise(1974), ["image/vnd.djvu", "image/x-djvu"]
    yield "light.exr", b"v/1\x01\2\0\0\0channels\0chlist\0\x13\0\0\0R\0\2\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0\0\0" + noise(900), ["image/x-exr", *OCTETS]
    yield "light.hdr", b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 30 +X 40\n" + noise(3000), ["image/vnd.radiance", *OCTETS]
    yield "code-stream.jxl", b"\xff\x0a" + noise(900), ["image/jxl"]
    yield "photos.zip", zipped({"a.jpg": picture, "a.dng": tiff(preview), "a.mov": film, "a.aae": b'<?xml version="1.0"?><plist><dict><key>adjustmentData</key><data>' + base64.b64encode(zlib.compress(noise(300))) + b"</data></dict></plist>"}, zipfile.ZIP_STORED), ["application/zip", "application/x-zip-compressed"]
    svg = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><style>@font-face{font-family:a;src:url(data:font/woff2;base64,%s)}</style><image xlink:href="data:image/png;base64,%s"/><text>words</text></svg>'
    yield "drawing.svg", (svg % (base64.b64encode(b"wOF2" + struct.pack(">4sIHHIIHH5I", b"\0\1\0\0", 600, 1, 0, 900, 500, 1, 0, 0, 0, 0, 0, 0) + noise(552)).decode()[:8], base64.b64encode(png()).decode())).encode(), ["image/svg+xml"]


def element(kind: str, body: bytes) -> bytes:
    return bytes.fromhex(kind) + struct.pack(">Q", len(body) | 1 << 56) + body


def players():
    attached = element("61a7", element("466e", b"font.ttf") + element("4660", b"application/x-truetype-font") + element("46ae", b"\1") + element("465c", b"\0\1\0\0\0\x0a" + noise(3000)))
    cover = element("61a7", element("466e", b"cover.jpg") + element("4660", b"image/jpeg") + element("46ae", b"\2") + element("465c", jpeg()))
    ebml = b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska\x42\x87\x81\4\x42\x85\x81\2"
    yield "film-fonts.mkv", ebml + element("18538067", element("1549a966", element("2ad7b1", b"\x0f\x42\x40")) + element("1941a469", attached + cover) + element("1f43b675", element("e7", b"\0") + element("a3", b"\x81\0\0\x80" + noise(3000)))), ["video/x-matroska", "video/webm"]
    picture = jpeg()
    block = struct.pack(">II", 3, 10) + b"image/jpeg" + bytes(4) + struct.pack(">5I", 40, 30, 24, 0, len(picture)) + picture
    cue = b"0000000000000".ljust(128, b"\0") + struct.pack(">QB", 88200, 0x80) + bytes(258) + b"\1" + bytes(36)
    def blocks(*rows):
        return b"".join(bytes([kind | (0x80 if number + 1 == len(rows) else 0)]) + struct.pack(">I", len(body))[1:] + body for number, (kind, body) in enumerate(rows))
    yield "album.flac", b"fLaC" + blocks((0, noise(34)), (3, noise(36)), (5, cue), (4, struct.pack("<I", 4) + b"test" + struct.pack("<II", 1, 12) + b"CUESHEET=abc"), (6, block), (1, bytes(4096))) + b"\xff\xf8" + noise(3000), ["audio/flac", "audio/x-flac"]
    yield "album.cue", b'REM GENRE Rock\r\nPERFORMER "Ann"\r\nTITLE "Album"\r\nFILE "album.flac" WAVE\r\n' + b"".join(b'  TRACK %02d AUDIO\r\n    TITLE "Song"\r\n    INDEX 01 %02d:00:00\r\n' % (n, n) for n in range(1, 12)), ["application/x-cue", "text/plain", *OCTETS]
    yield "list.xspf", b'<?xml version="1.0" encoding="UTF-8"?>\n<playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList><track><location>file:///a.mp3</location></track></trackList></playlist>\n', ["application/xspf+xml", "application/xml"]
    yield "list.wpl", b'<?wpl version="1.0"?>\r\n<smil><head><title>List</title></head><body><seq><media src="a.mp3"/></seq></body></smil>\r\n', ["application/vnd.ms-wpl"]
    yield "list.asx", b'<asx version="3.0"><entry><ref href="http://example.org/a.wmv"/></entry></asx>\r\n', ["video/x-ms-asf", "video/x-ms-asx"]
    yield "tune.xm", b"Extended Module: " + b"Tune".ljust(20) + b"\x1aFastTracker v2.00   " + struct.pack("<HI8H", 0x104, 276, 1, 0, 4, 1, 1, 1, 6, 125) + bytes(256) + noise(2000), ["audio/xm", "audio/x-xm", "audio/x-mod"]
    yield "tune.it", b"IMPM" + b"Tune".ljust(26, b"\0") + struct.pack("<9H", 0x1004, 2, 0, 1, 1, 0x214, 0x200, 9, 6) + noise(3000), ["audio/it", "audio/x-it", "audio/x-mod"]
    yield "tune.s3m", b"Tune".ljust(28, b"\0") + b"\x1a\x10\0\0" + struct.pack("<6H", 2, 1, 1, 0, 0x1320, 2) + b"SCRM" + noise(2000), ["audio/s3m", "audio/x-s3m"]
    yield "tune.mod", b"Tune".ljust(20, b"\0") + b"".join(b"sample".ljust(22, b"\0") + bytes(8) for _ in range(31)) + b"\1\x7f" + bytes(128) + b"M.K." + noise(3000), ["audio/x-mod"]
    yield "sound.dsf", b"DSD " + struct.pack("<QQQ", 28, 4172, 0) + b"fmt " + bytes(48) + b"data" + struct.pack("<Q", 4108) + noise(4096), ["audio/x-dsf", "audio/dsf"]
    yield "sound.ape", b"MAC \x96\x0f\0\0" + struct.pack("<6I", 52, 24, 44, 0, 3000, 0) + noise(3000), ["audio/x-ape", "audio/ape"]
    yield "sound.mpc", b"MPCKSH\x0f" + noise(3000), ["audio/x-musepack", "audio/musepack"]
    speex = [b"Speex   1.2".ljust(28, b"\0") + struct.pack("<13i", 1, 80, 16000, 1, 4, 1, -1, 320, 0, 1, 0, 0, 0), struct.pack("<I", 5) + b"Enc12" + bytes(4), noise(250)]
    yield "voice.spx", b"".join(b"OggS\0" + bytes([2 if n == 0 else 0]) + struct.pack("<qIII", n, 7, n, 0) + b"\1" + bytes([len(body)]) + body for n, body in enumerate(speex)), ["audio/ogg", "audio/x-speex", "audio/speex"]
    yield "lyrics.lrc", b"[ar:Ann]\r\n[00:12.00]Words\r\n" * 20, ["application/x-lrc", "text/plain", *OCTETS]
    yield "subtitles.smi", b"<SAMI>\r\n<HEAD><TITLE>Film</TITLE><STYLE TYPE=\"text/css\"><!-- P {} --></STYLE></HEAD>\r\n<BODY><SYNC Start=1000><P Class=ENCC>Words\r\n</BODY></SAMI>\r\n", ["application/smil+xml", "application/x-sami", "text/plain"]
    yield "subtitles.sup", b"".join(b"PG" + struct.pack(">IIBH", n * 9000, 0, kind, 400) + noise(400, n) for n, kind in enumerate((0x16, 0x17, 0x14, 0x15, 0x80))), OCTETS


def games():
    mod = zipped({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\r\n\r\n", "fabric.mod.json": b"{}", "META-INF/jars/inner.jar": zipped({"a.class": b"\xca\xfe\xba\xbe\0\0\0\x3d" + noise(300)}), "assets/x/lang/en_us.json": b"{}"})
    yield "mod.jar", mod, ["application/java-archive", "application/x-java-archive"]
    yield "modpack.mrpack", zipped({"modrinth.index.json": b"{}", "overrides/mods/mod.jar": mod}, zipfile.ZIP_STORED), ["application/x-modrinth-modpack+zip", *OCTETS]
    yield "map.pk3", zipped({"maps/a.bsp": b"IBSP\x2e\0\0\0" + noise(900), "scripts/a.shader": b"textures/a\n{\n}\n"}), OCTETS + ["application/zip"]
    yield "room.unitypackage", gzip.compress(tarred({"a1/": None, "a1/asset": png(), "a1/asset.meta": b"fileFormatVersion: 2\n", "a1/pathname": b"Assets/a.png\n00"}, form=0), mtime=0), ["application/gzip", "application/x-gzip", *OCTETS]
    yield "house.schem", gzip.compress(b"\x0a\0\x09Schematic\3\0\7Version\0\0\0\2" + noise(300), mtime=0), OCTETS
    yield "game.nes", b"NES\x1a\2\1\1\0" + bytes(8) + noise(40960), ["application/x-nes-rom", *OCTETS]
    yield "game.gba", bytes.fromhex("2e0000ea24ffae51699aa2213d84820a") + noise(4000), ["application/x-gba-rom", *OCTETS]
    yield "beats.osz", zipped({"song.mp3": b"\xff\xfb\x90\x00" + noise(900), "a.osu": b"osu file format v14\r\n", "bg.jpg": jpeg()}), OCTETS + ["application/x-osu-beatmap-archive"]
    yield "party.pgn", b'[Event "Club"]\n[White "Ann"]\n\n1. e4 e5 2. Nf3 Nc6 1-0\n\n' * 40, ["application/vnd.chess-pgn", "application/x-chess-pgn"]
    yield "party.sgf", b"(;GM[1]FF[4]SZ[19];B[pd];W[dp])\n" * 9, ["application/x-go-sgf", *OCTETS]
    yield "save.sav", b"\x00\x00\x00\x00PLAYER" + noise(131072), ["application/x-spss-sav", *OCTETS]
    yield "character.vrm", b"glTF" + struct.pack("<II", 2, 56) + struct.pack("<I4s", 36, b"JSON") + b'{"asset":{"version":"2.0"}}'.ljust(36), OCTETS + ["model/gltf-binary"]


def fonts():
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import TTFont
    from fontTools.ttLib.tables.DefaultTable import DefaultTable
    from fontTools.ttLib.ttCollection import TTCollection

    def font(tables=()):
        builder = FontBuilder(1000, isTTF=True)
        builder.setupGlyphOrder([".notdef", "A"])
        builder.setupCharacterMap({65: "A"})
        pen = TTGlyphPen(None)
        pen.moveTo((0, 0))
        pen.lineTo((500, 0))
        pen.lineTo((250, 700))
        pen.closePath()
        builder.setupGlyf({".notdef": pen.glyph(), "A": pen.glyph()})
        builder.setupHorizontalMetrics({".notdef": (600, 0), "A": (600, 0)})
        builder.setupHorizontalHeader(ascent=800, descent=-200)
        builder.setupNameTable({"familyName": "Made", "styleName": "Regular", "licenseDescription": TEXT})
        builder.setupOS2()
        builder.setupPost()
        for tag, body in tables:
            builder.font[tag] = DefaultTable(tag)
            builder.font[tag].data = body
        return builder.font

    def saved(made) -> bytes:
        out = io.BytesIO()
        made.save(out)
        return out.getvalue()

    both = TTCollection()
    both.fonts = [TTFont(io.BytesIO(saved(font()))), TTFont(io.BytesIO(saved(font())))]
    yield "pair.ttc", saved(both), ["font/collection", "font/ttf", "application/x-font-ttf"]
    drawing = gzip.compress(b'<svg xmlns="http://www.w3.org/2000/svg"><path id="glyph1" d="M0 0h9v9z"/></svg>', mtime=0)
    table = struct.pack(">HII", 0, 10, 0) + struct.pack(">HHHII", 1, 1, 1, 14, len(drawing)) + drawing
    yield "coloured.otf", saved(font([("SVG ", table)])), ["font/otf", "application/vnd.ms-opentype", "application/x-font-ttf"]
    yield "pictures.ttf", saved(font([("sbix", struct.pack(">HHI", 1, 1, 1) + struct.pack(">I", 12) + struct.pack(">HHIII", 20, 72, 16, 16, 16 + 8 + len(png())) + struct.pack(">HH4s", 0, 0, b"png ") + png())])), ["font/ttf", "application/x-font-ttf"]
    yield "old.pfb", b"\x80\1" + struct.pack("<I", 40) + b"%!PS-AdobeFont-1.0: Made 1.0\n".ljust(40, b"\n") + b"\x80\2" + struct.pack("<I", 900) + noise(900) + b"\x80\3", ["application/x-font", "application/x-font-type1"]
    yield "old.bdf", b"STARTFONT 2.1\nFONT -misc-made\nSIZE 16 75 75\n" + b"STARTCHAR A\nENCODING 65\nBITMAP\nFF\n81\nENDCHAR\n" * 40 + b"ENDFONT\n", ["application/x-font-bdf", "application/x-font", "text/plain"]
    yield "old.pcf.gz", gzip.compress(b"\1fcp" + struct.pack("<I", 2) + noise(900), mtime=0), ["application/gzip", "application/x-font-pcf", "application/x-font"]


def backups():
    picture = base64.b64encode(jpeg()).decode()
    yield "crash.ips", b'{"app_name":"App","timestamp":"2026-01-02 10:30:00.00 +0100","bug_type":"309"}\n' + json.dumps({"procName": "App", "usedImages": [{"base": 4294967296 + n, "uuid": noise(16, n).hex()} for n in range(60)]}, indent=2).encode(), ["application/json", "text/plain", *OCTETS]
    yield "bugreport.zip", zipped({"version.txt": b"2.0", "main_entry.txt": b"b.txt", "b.txt": b"== dumpstate\n" * 90, "FS/data/tombstones/tombstone_00.pb": b"\x08\1\x12\5words" + noise(300), "proto/activity.proto": noise(600), "screenshot.png": png()}), ["application/zip", "application/x-zip-compressed"]
    yield "notes.vnt", b"BEGIN:VNOTE\r\nVERSION:1.1\r\nBODY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Words=0D=0A=\r\nmore\r\nEND:VNOTE\r\n", ["text/x-vnote", "text/plain", *OCTETS]
    yield "messages.vmg", b"BEGIN:VMSG\r\nVERSION:1.1\r\nX-IRMC-STATUS:READ\r\nBEGIN:VBODY\r\nDate:02.01.2026 10:30:00\r\nFrom: Ann\r\nSubject: Hello\r\n\r\nWords\r\nEND:VBODY\r\nEND:VMSG\r\n", OCTETS
    yield "contacts-old.vcf", f"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=41=6E=6E\r\nPHOTO;ENCODING=BASE64;JPEG:{picture[:60]}\r\n ".encode() + b"\r\n ".join(picture[at : at + 72].encode() for at in range(60, len(picture), 72)) + b"\r\n\r\nEND:VCARD\r\n", ["text/x-vcard", "text/vcard", "text/directory"]
    yield "history.sqlite", base("create table urls(url text, icon blob)", *(("insert into urls values(?, ?)", (f"https://example.org/{n}", png((16, 16), n))) for n in range(20))), ["application/vnd.sqlite3", "application/x-sqlite3"]
    yield "bookmarks.html", b'<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">\n<TITLE>Bookmarks</TITLE>\n<DL><p>\n' + b"".join(b'<DT><A HREF="https://example.org/%d" ICON="data:image/png;base64,%s">Page</A>\n' % (n, base64.b64encode(png((16, 16), n))) for n in range(9)) + b"</DL><p>\n", ["text/html"]
    yield "link.url", b"[InternetShortcut]\r\nURL=https://example.org/\r\nIconIndex=0\r\n", ["application/x-mswinurl", "application/internet-shortcut", *OCTETS]
    yield "desk.rdp", "screen mode id:i:2\r\nfull address:s:example.org\r\n".encode("utf-16"), ["application/rdp", "application/x-rdp", *OCTETS]
    yield "track.nmea", b"$GPGGA,103000.00,5130.00,N,00007.00,W,1,08,0.9,545.4,M,46.9,M,,*47\r\n" * 90, ["text/plain", "application/vnd.nmea", *OCTETS]
    yield "flight.igc", b"AXXX001\r\nHFDTE020126\r\n" + b"B1030005130000N00007000WA0054500600\r\n" * 90, ["application/vnd.igc", "text/plain", *OCTETS]
    yield "flight.kml", b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><description><![CDATA[<table><tr><td>a</td></tr></table><img src="data:image/png;base64,' + base64.b64encode(png()) + b'"/>]]></description></Document></kml>', ["application/vnd.google-earth.kml+xml", "application/xml"]


def crashes():
    """What programs leave of themselves."""
    yield "program.dmp", b"MDMP\x93\xa7" + struct.pack("<HIIIIQ", 0, 3, 32, 0, 1767323046, 0) + noise(4000), ["application/x-dmp", "application/vnd.tcpdump.pcap", *OCTETS]
    yield "module.pyc", bytes.fromhex("cb0d0d0a00000000") + struct.pack("<II", 1767323046, 300) + noise(900), ["application/x-python-code", "application/x-python-bytecode"]
    yield "heap.hprof", b"JAVA PROFILE 1.0.2\0" + struct.pack(">IQ", 8, 1767323046000) + b"\1" + struct.pack(">II", 0, 13) + noise(3000), OCTETS
    yield "profile.pb.gz", gzip.compress(b"\x0a\4\x08\1\x10\2" + b"\x32\5words" * 40, mtime=0), ["application/gzip", *OCTETS]
    yield "trace.etl", b"\0\0\1\0\0\0\0\0" + noise(8000), OCTETS
    yield "vectors.sam", b"# CAVS 17.8\n" + b"".join(b"CT = %s\n" % noise(4000, n).hex().encode() for n in range(60)), ["text/plain", *OCTETS]


def every():
    for family in (photos, players, games, fonts, backups, crashes):
        for name, body, types in family():
            yield f"{family.__name__}-{name}", body, types
