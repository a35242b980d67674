"""Files as phones, cameras, watches and map programs make them."""

import gzip
import plistlib
import struct
import zlib

from making import OCTETS, TEXT, base, box, full, jpeg, noise, png, varint, zipped


def seal(form) -> bytes:
    """What codesign writes: two hashes of each of 6,000 files."""
    files = {f"Resources/{n}.png": {"hash": noise(20, n), "hash2": noise(32, n)} for n in range(6000)}
    return plistlib.dumps({"files2": files}, fmt=form)


def phones():
    picture = jpeg()
    exif = b"\0\0\0\6Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"
    sample = noise(4000)
    items = [(1, b"hvc1", sample), (2, b"Exif", exif), (3, b"mime", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")]
    info = full(b"iinf", struct.pack(">H", 3) + b"".join(
        full(b"infe", struct.pack(">HH4s", number, 0, kind) + b"\0" + (b"application/rdf+xml\0" if kind == b"mime" else b""), 2) for number, kind, _ in items))
    def heic(brand: bytes, more: bytes = b"") -> bytes:
        head = box(b"ftyp", brand + b"\0\0\0\0mif1MiHEheic")
        def meta(start: int) -> bytes:
            places, offset = b"", start
            for number, _, body in items:
                places += struct.pack(">HHHHII", number, 0, 0, 1, offset, len(body))[:6] + struct.pack(">HII", 1, offset, len(body))
                offset += len(body)
            iloc = full(b"iloc", b"\x44\0" + struct.pack(">H", 3) + places)
            return full(b"meta", full(b"hdlr", b"\0\0\0\0pict" + bytes(13)) + full(b"pitm", b"\0\1") + iloc + info)
        size = len(head) + len(meta(0)) + len(more) + 8
        return head + meta(size) + more + box(b"mdat", b"".join(body for _, _, body in items))
    yield "iphone.heic", heic(b"heic"), ["image/heic", "image/heif"]
    yield "iphone-burst.heic", heic(b"heix"), ["image/heic"]
    yield "canon.hif", heic(b"heix", box(b"uuid", noise(16) + b"CanonCR3"[:8] + bytes(40))), ["image/heic", "image/heif"]
    yield "samsung.heic", heic(b"heic") + box(b"mpvd", box(b"ftyp", b"mp42\0\0\0\0isommp42") + box(b"mdat", noise(900)) + box(b"moov", box(b"mvhd", bytes(100)))), ["image/heic"]
    yield "samsung.jpg", picture + noise(20) + b"\0\0\0\1\x0eImage_UTC_Data1767323046000SEFHj\0\0\0\1\0\0\0\0\0\1\x0e,\0\0\0#\0\0\0\x18\0\0\0SEFT", ["image/jpeg"]
    yield "motion-photo.jpg", picture + box(b"ftyp", b"mp42\0\0\0\0isommp42") + box(b"mdat", noise(900)) + box(b"moov", box(b"mvhd", bytes(100))), ["image/jpeg"]
    yield "two-pictures.jpg", picture + picture, ["image/jpeg"]
    yield "whatsapp-forwarded.jpg", picture.replace(b"JFIF\0", b"JFIF\0", 1) + b"\0" * 3, ["image/jpeg"]
    moov = box(b"moov", full(b"mvhd", bytes(96)) + box(b"meta", full(b"hdlr", b"\0\0\0\0mdta" + bytes(13)) + full(b"keys", struct.pack(">I", 1) + box(b"mdta", b"com.apple.quicktime.make"))
               + box(b"ilst", box(b"\0\0\0\1", box(b"data", b"\0\0\0\1\0\0\0\0Apple")))) + box(b"udta", box(b"\xa9xyz", b"\0\x12\x15\xc7+52.5+013.4/")))
    yield "iphone.mov", box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"wide") + box(b"mdat", noise(3000)) + moov, ["video/quicktime"]
    yield "slow-motion.mov", box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"mdat", noise(3000)) + box(b"free", bytes(200)) + moov + box(b"skip", bytes(8)), ["video/quicktime"]
    yield "android.mp4", box(b"ftyp", b"mp42\0\0\0\0isommp42") + box(b"moov", full(b"mvhd", bytes(96)) + box(b"udta", box(b"SDLN", b"SEQ_PLAY") + box(b"smrd", b"TRUEBLUE") + box(b"smta", full(b"saut", bytes(4))))) + box(b"free", bytes(400)) + box(b"mdat", noise(3000)), ["video/mp4"]
    yield "gopro.mp4", box(b"ftyp", b"mp41\x20\x13\x10\x18mp41") + box(b"mdat", b"DEVC" + struct.pack(">4BH", 0x44, 0x56, 0x49, 0x44, 1) + noise(3000)) + box(b"moov", full(b"mvhd", bytes(96)) + box(b"udta", box(b"FIRM", b"HD8.01.02.51.00") + box(b"LENS", b"LAJ") + box(b"CAME", noise(16)) + box(b"GPMF", b"DEVC\0\1\0\x40" + noise(64)))) + box(b"gpsf", noise(64)), ["video/mp4"]
    yield "drone.mp4", box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41") + box(b"free") + box(b"mdat", noise(3000)) + moov + box(b"uuid", noise(16) + bytes(600)), ["video/mp4"]
    yield "old-phone.3gp", box(b"ftyp", b"3gp4\0\0\2\0isom3gp4") + box(b"mdat", noise(2000)) + box(b"moov", full(b"mvhd", bytes(96)) + full(b"iods", noise(12))), ["video/3gpp", "audio/3gpp"]
    yield "voice.amr", b"#!AMR\n" + b"".join(b"\x3c" + noise(31, number) for number in range(60)), ["audio/amr", "audio/AMR"]
    yield "voice-memo.m4a", box(b"ftyp", b"M4A \0\0\0\0M4A mp42isom") + box(b"mdat", noise(3000)) + moov, ["audio/mp4", "audio/x-m4a"]
    yield "cover-of-book.m4b", box(b"ftyp", b"M4B \0\0\0\0M4B mp42isom") + box(b"moov", full(b"mvhd", bytes(96)) + box(b"udta", full(b"meta", full(b"hdlr", b"\0\0\0\0mdirappl" + bytes(9)) + box(b"ilst", box(b"covr", box(b"data", b"\0\0\0\x0d\0\0\0\0" + picture)))))) + box(b"mdat", noise(3000)), ["audio/mp4", "audio/x-m4b"]
    subtitles = "".join(f"{n + 1}\n00:00:{n:02},000 --> 00:00:{n + 1:02},000\n<font size=\"28\">SrtCnt : {n + 1}, DiffTime : 33ms\n2026-01-02 03:04:{n:02}.123\n[iso : 100] [shutter : 1/500.0] [fnum : 280] [latitude: 52.5{n}] [longitude: 13.4{n}] </font>\n\n" for n in range(40))
    yield "drone.srt", subtitles.encode(), ["application/x-subrip", "text/plain"]
    yield "whatsapp-chat.zip", zipped({"WhatsApp Chat - Zoe.txt": "\u200e[02.01.26, 03:04:05] Zoë: \u200e<attached: 00000002-PHOTO.jpg>\r\n".encode() * 30, "00000002-PHOTO.jpg": picture}), ["application/zip"]
    yield "chats.sqlite", base("create table message(_id integer primary key, data text, thumb blob, media blob)", ("insert into message(data, thumb, media) values (?, ?, ?)", (TEXT * 20, picture, noise(9000)))), ["application/vnd.sqlite3"]
    yield "backup-manifest.plist", plistlib.dumps({"IsEncrypted": False, "Date": "x", "Blob": noise(300)}, fmt=plistlib.FMT_BINARY), ["application/x-plist", "application/octet-stream"]
    yield "pass.pkpass", zipped({"pass.json": b'{"formatVersion":1}', "icon.png": png(), "manifest.json": b"{}", "signature": b"\x30\x82\1\0" + noise(256)}), ["application/vnd.apple.pkpass"]
    yield "app.ipa", zipped({"Payload/": b"", "Payload/App.app/Info.plist": plistlib.dumps({"CFBundleName": "App"}, fmt=plistlib.FMT_BINARY), "Payload/App.app/_CodeSignature/CodeResources": seal(plistlib.FMT_XML), "Payload/App.app/Seal.plist": seal(plistlib.FMT_BINARY), "Payload/App.app/Assets.car": b"BOMStore\0\0\0\1" + bytes(600), "iTunesMetadata.plist": plistlib.dumps({"a": 1})}), ["application/x-ios-app", "application/octet-stream"]
    yield "app.aab", zipped({"BundleConfig.pb": b"\x0a\7\x12\0051.2.3", "base/manifest/AndroidManifest.xml": noise(400), "base/dex/classes.dex": b"dex\n035\0" + noise(20) + struct.pack("<IIII", 112, 0x70, 0x12345678, 0) + bytes(80), "META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\r\n"}), ["application/octet-stream", "application/zip"]


def watches():
    def crc(data: bytes) -> int:
        table, value = (0, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401, 0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400), 0
        for byte in data:
            for part in (byte & 15, byte >> 4):
                value = (value >> 4 & 0xFFF) ^ table[value & 15] ^ table[part]
        return value
    records = b"\x40\0\0\0\0\4\0\1\0\1\2\x84\2\2\x84\4\4\x86" + b"\0\4\1\0\1\0" + struct.pack("<I", 1_000_000_000)
    records += b"\x41\0\0\x14\0\5\xfd\4\x86\0\4\x85\1\4\x85\2\2\x84\3\1\2" + b"".join(b"\1" + struct.pack("<IiiHB", 1_000_000_000 + n, 626349396 + 37 * n, 159867890 + 91 * n, 2600 + n % 50, 120 + n % 40) for n in range(900))
    head = struct.pack("<BBHI4s", 14, 0x20, 2140, len(records), b".FIT")
    yield "run.fit", head + struct.pack("<H", crc(head)) + records + struct.pack("<H", crc(head + struct.pack("<H", crc(head)) + records)), ["application/vnd.ant.fit", *OCTETS]
    points = "".join(f'<trkpt lat="52.5{n:03}" lon="13.4{n:03}"><ele>34.{n}</ele><time>2026-01-02T03:04:{n % 60:02}Z</time><extensions><ns3:TrackPointExtension><ns3:hr>{120 + n % 9}</ns3:hr></ns3:TrackPointExtension></extensions></trkpt>\n' for n in range(300))
    yield "run.gpx", f'<?xml version="1.0" encoding="UTF-8"?>\n<gpx creator="Garmin Connect" version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><metadata><link href="connect.garmin.com"/></metadata><trk><name>Run</name><trkseg>{points}</trkseg></trk></gpx>\n'.encode(), ["application/gpx+xml", "application/octet-stream", "text/xml"]
    laps = "".join(f"<Trackpoint><Time>2026-01-02T03:04:{n % 60:02}Z</Time><DistanceMeters>{n}.0</DistanceMeters></Trackpoint>" for n in range(300))
    tcx = f'<?xml version="1.0" encoding="UTF-8"?><TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities><Activity Sport="Running"><Lap><Track>{laps}</Track></Lap></Activity></Activities></TrainingCenterDatabase>'
    yield "run.tcx", tcx.encode(), ["application/vnd.garmin.tcx+xml", "application/xml"]
    # Some devices write blanks before the declaration.
    yield "run-blanks.tcx", b"          " + tcx.encode(), ["application/vnd.garmin.tcx+xml", "application/octet-stream"]
    yield "run.fit.gz", gzip.compress(head + records), ["application/gzip"]
    yield "health.zip", zipped({"apple_health_export/export.xml": b'<?xml version="1.0"?><!DOCTYPE HealthData [<!ELEMENT HealthData (Record*)>]><HealthData>' + b'<Record type="HKQuantityTypeIdentifierHeartRate" value="61"/>\n' * 400 + b"</HealthData>"}), ["application/zip"]


def maps():
    blob = b"GP\0\1" + struct.pack("<I", 4326) + b"\1\1\0\0\0" + struct.pack("<2d", 13.4, 52.5)
    yield "places.gpkg", base("pragma application_id = 1196444487", "create table gpkg_contents(table_name text primary key, data_type text)", "create table places(fid integer primary key, geom blob, name text)", *[("insert into places(geom, name) values (?, ?)", (blob, TEXT))] * 60), ["application/geopackage+sqlite3", "application/vnd.sqlite3"]
    tile = gzip.compress(noise(600) + bytes(900), mtime=0)
    yield "tiles.mbtiles", base("create table metadata(name text, value text)", "create table tiles(zoom_level integer, tile_column integer, tile_row integer, tile_data blob)", *[("insert into tiles values (3, ?, 1, ?)", (n, tile)) for n in range(60)]), ["application/vnd.mapbox-vector-tile", "application/vnd.sqlite3", *OCTETS]
    project = b"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"3.34\" projectname=\"Map\"><title>Map</title></qgis>\n"
    yield "project.qgz", zipped({"project.qgs": project, "project_attachments.zip": zipped({"photo.png": png()}), "project_styles.db": base("create table symbol(id integer)")}), ["application/zip", "application/x-qgis-project", *OCTETS]
    yield "project.qgs", project, ["application/x-qgis-project", "text/xml", "text/plain"]
    pbf = b""
    for kind, body in ((b"OSMHeader", b"\x22\x0eOsmSchema-V0.6"), *[(b"OSMData", noise(300, n) + TEXT.encode() * 40) for n in range(20)]):
        packed = zlib.compress(body)
        blob = b"\x10" + varint(len(body)) + b"\x1a" + varint(len(packed)) + packed
        head = b"\x0a" + varint(len(kind)) + kind + b"\x18" + varint(len(blob))
        pbf += struct.pack(">I", len(head)) + head + blob
    yield "town.osm.pbf", pbf, OCTETS + ["application/vnd.openstreetmap.data+pbf"]
    archive = b"PMTiles\3" + struct.pack("<11Q", 127, 40, 167, 30, 197, 0, 197, 60 * len(tile), 60, 60, 1) + bytes([1, 2, 2, 1, 0, 5, 3]) + bytes(24)
    yield "tiles.pmtiles", archive[:127].ljust(127, b"\0") + gzip.compress(bytes(20), mtime=0).ljust(40, b"\0") + gzip.compress(b"{}", mtime=0).ljust(30, b"\0") + tile * 60, OCTETS + ["application/vnd.pmtiles"]
    yield "place.kmz", zipped({"doc.kml": b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>', "images/photo.png": png()}), ["application/vnd.google-earth.kmz"]
    shapes = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 50 + 14 * 30) + struct.pack("<2i8d", 1000, 1, *range(8)) + b"".join(struct.pack(">2i", n + 1, 10) + struct.pack("<i2d", 1, n, n) for n in range(30))
    yield "shapes.zip", zipped({"p.shp": shapes, "p.shx": shapes[:100], "p.dbf": b"\3\x7e\1\1" + bytes(60), "p.prj": b'GEOGCS["WGS 84"]', "p.cpg": b"UTF-8"}), ["application/zip", "application/x-zip-compressed"]
    yield "points.las", b"LASF" + bytes(20) + b"\1\2" + b"SYS".ljust(32, b"\0") + b"pdal".ljust(32, b"\0") + struct.pack("<HHHIIBHI", 1, 2026, 227, 227, 0, 1, 28, 200) + bytes(140)[: 227 - 111] + noise(28 * 200), ["application/vnd.las", *OCTETS]


def every():
    for family in (phones, watches, maps):
        for name, body, types in family():
            yield f"{family.__name__}-{name}", body, types
