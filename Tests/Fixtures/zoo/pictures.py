"""Pictures and sounds with a payload in what programs for metadata write to a file: values of Exif and TIFF, segments of
JPEG, extensions of GIF, chunks of WebP, WAVE and PNG, resources of Photoshop, packets of XMP."""

import base64
import hashlib
import struct
import zlib

import formats
from enclosed import riff


def tiff(entries, thumbnail=None, order="<", big=False):
    """`entries` as [(tag, type, bytes or number)]. With a thumbnail, there is a second directory."""
    wide = "Q" if big else "I"
    size, head = (8, 16) if big else (4, 8)
    units = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1}

    def directory(entries, place, following):
        data, rows = b"", b""
        end = place + (8 if big else 2) + len(entries) * (4 + 2 * size) + size
        for tag, kind, value in sorted(entries):
            count = 1 if isinstance(value, int) else len(value) // units[kind]
            if isinstance(value, int):
                field = struct.pack(order + (wide if kind == 4 else "H"), value).ljust(size, b"\0")
            elif len(value) <= size:
                field = value.ljust(size, b"\0")
            else:
                field = struct.pack(order + wide, end + len(data))
                data += value + bytes(len(value) % 2)
            rows += struct.pack(order + "HH" + wide, tag, kind, count) + field
        return struct.pack(order + ("Q" if big else "H"), len(entries)) + rows, data, end, following

    def whole(entries, place, following):
        rows, data, end, _ = directory(entries, place, following)
        last = end + len(data)
        return rows + struct.pack(order + wide, last if following else 0) + data, last

    first, end = whole(entries, head, thumbnail is not None)
    mark = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    found = mark + (struct.pack(order + "HHQ", 8, 0, 8 + 8) if big else struct.pack(order + "I", 8)) + first
    if thumbnail is not None:
        pictures = [(0x103, 3, 6), (0x201, 4, 0), (0x202, 4, len(thumbnail))]
        place = end + (8 if big else 2) + len(pictures) * (4 + 2 * size) + size
        pictures[1] = (0x201, 4, place)
        found += whole(pictures, end, False)[0] + thumbnail
    return found


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def jpeg(*segments, behind=b""):
    """A picture of no pixels: the segments, then a scan that ends."""
    scan = segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\0\x34\xff\xd0\x56"
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + b"".join(segments) + scan + b"\xff\xd9" + behind


def exif(data):
    return segment(0xE1, b"Exif\0\0" + data)


def halves(data):
    return data[: len(data) // 2], data[len(data) // 2 :]


def xmp(payload):
    text = base64.b64encode(payload)
    return b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><xmpGImg:image>" + text + b"</xmpGImg:image></x:xmpmeta>"


def attribute_xmp(payload):
    """Blanks between the digits, and an entity."""
    text = base64.b64encode(payload).decode()
    lines = " ".join(text[place : place + 60] for place in range(0, len(text), 60)).replace("A", "&#x41;", 3)
    return f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:Description GImage:Data=\"{lines}\"/></x:xmpmeta>".encode()


def extended_xmp(payload):
    whole = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><GImage:Data>" + base64.b64encode(payload) + b"</GImage:Data></x:xmpmeta>"
    name = hashlib.md5(whole).hexdigest().upper().encode()
    first, second = halves(whole)
    rows = [(len(first), second), (0, first)]  # In no order: each says where it belongs.
    head = b"http://ns.adobe.com/xmp/extension/\0" + name
    return [segment(0xE1, head + struct.pack(">II", len(whole), place) + piece) for place, piece in rows]


def profile(payload):
    first, second = halves(payload)
    return [segment(0xE2, b"ICC_PROFILE\0\2\2" + second), segment(0xE2, b"ICC_PROFILE\0\1\2" + first)]


def repeated_profile(payload):
    """Two pieces with one number, and one more than there should be: readers begin again behind the second."""
    first, second = halves(payload)
    numbers = [(1, first), (1, second), (1, b"more")]
    return [segment(0xE2, b"ICC_PROFILE\0" + bytes([number, 2]) + piece) for number, piece in numbers]


def thermal(payload, kind=1):
    """A picture of FLIR: a directory and one record, behind whose numbers the payload is."""
    record = bytes(32) + payload
    head = b"FFF\0" + b"camera".ljust(16, b"\0") + struct.pack(">III", 100, 64, 1)
    row = struct.pack(">HHIIIIIII", kind, 1, 100, 0, 96, len(record), 0, 0, 0)
    return head.ljust(64, b"\0") + row.ljust(32, b"\0") + record


def flash_video(payload):
    """Frames of MP3, a tag of data between them."""
    first, second = halves(payload)
    found = b"FLV\1\4" + struct.pack(">II", 9, 0)
    for kind, body in ((8, b"\x2f" + first), (18, b"\2\0\nonMetaData"), (8, b"\x2f" + second)):
        found += bytes([kind]) + struct.pack(">I", len(body))[1:] + bytes(7) + body + struct.pack(">I", 11 + len(body))
    return found


def listed_directories(payload):
    """A BigTIFF whose directories of versions are listed by numbers of four bytes, which stand in the field itself."""
    versions = struct.pack("<QHHQII", 1, 0x14A, 4, 2, 48, 8) + bytes(8)
    value = struct.pack("<QHHQQ", 1, 0x8773, 7, len(payload), 84) + bytes(8)
    return b"II\x2b\0" + struct.pack("<HHQ", 8, 0, 16) + versions[:28] + bytes(4) + value + payload


def flash_pix(payload):
    first, second = halves(payload)
    head = b"FPXR\0\0\2\0\0"
    return [segment(0xE2, head + struct.pack(">I", place) + piece) for place, piece in ((0, first), (len(first), second))]


def box(payload):
    return struct.pack(">I4s", 8 + len(payload) + 8, b"jumb") + struct.pack(">I4s", 8 + len(payload), b"bidb") + payload


def jumbf(payload):
    whole = box(payload)
    first, second = whole[:200], whole[200:]
    return [segment(0xEB, b"JP\0\1\0\0\0\1" + first), segment(0xEB, b"JP\0\1\0\0\0\2" + whole[:8] + second)]


def pictures_of_camera(payload):
    """The list of two pictures; the second one is behind the first."""
    place = len(jpeg(segment(0xE2, bytes(4 + 8 + 2 + 12 + 4 + 32))))
    rows = struct.pack("<IIIHH", 0, place, 0, 0, 0)
    # Offsets count from the list, behind the mark of its segment.
    start = 2 + 2 + 16 + 4 + 4
    rows += struct.pack("<IIIHH", 0, len(payload), place - start, 0, 0)
    listed = b"II*\0" + struct.pack("<IHHHII", 8, 1, 0xB002, 7, len(rows), 26) + bytes(4) + rows
    return jpeg(segment(0xE2, b"MPF\0" + listed), behind=payload + b"more")


def resource(number, data):
    return b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + bytes(len(data) % 2)


def caption(payload):
    return b"\x1c\2\5\0\4name\x1c\2\x78" + struct.pack(">H", len(payload)) + payload


def psd(resources):
    head = b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 1, 1, 8, 3) + struct.pack(">I", 0)
    return head + struct.pack(">I", len(resources)) + resources + struct.pack(">I", 0) + bytes(5)


def gif(extension, behind=b""):
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    return head + extension + b"\x2c" + bytes(8) + b"\0\2\2\x44\1\0\x3b" + behind


def blocks(data):
    pieces = [data[place : place + 255] for place in range(0, len(data), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"


def png(kind, data):
    plain = formats.png()
    return plain[:33] + struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) + plain[33:]


def digits(payload):
    text = payload.hex().encode()
    lines = [text[place : place + 72] for place in range(0, len(text), 72)]
    return b"\nexif\n%8d\n" % len(payload) + b"\n".join(lines) + b"\n"


def webp(*chunks):
    return riff(b"WEBP", [(b"VP8X", bytes(10)), (b"VP8L", b"\x2f" + bytes(9)), *chunks])


def wave(*chunks):
    return riff(b"WAVE", [(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)), (b"data", bytes(90)), *chunks])


def pieces(marker, head, payload):
    return [segment(marker, head(number) + piece) for number, piece in enumerate(halves(payload))]


def every_picture(payload):
    camera = [(0x10F, 2, b"Camera\0\0")]
    thumbnail = tiff(camera, payload)
    return {
        "exif-thumbnail.jpg": jpeg(exif(thumbnail)),
        "exif-motorola.jpg": jpeg(exif(tiff(camera, payload, ">"))),
        "exif-notes.jpg": jpeg(exif(tiff([(0x927C, 7, payload)]))),
        "exif-comment.jpg": jpeg(exif(tiff([(0x9286, 7, b"ASCII\0\0\0" + payload)]))),
        "exif-item.heif": b"\0\0\0\6Exif\0\0" + thumbnail,
        "comment.jpg": jpeg(segment(0xFE, payload)),
        "profile.jpg": jpeg(*profile(payload)),
        "segment.jpg": jpeg(segment(0xE7, payload)),
        "thumbnail-extension.jpg": jpeg(segment(0xE0, b"JFXX\0\x10" + payload)),
        "xmp.jpg": jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(payload))),
        "extended-xmp.jpg": jpeg(*extended_xmp(payload)),
        "flash-pix.jpg": jpeg(*flash_pix(payload)),
        "jumbf.jpg": jpeg(*jumbf(payload)),
        "camera.jpg": pictures_of_camera(payload),
        "behind.jpg": jpeg(behind=payload),
        "behind-second.jpg": jpeg(behind=jpeg(behind=payload)),
        "resource.jpg": jpeg(segment(0xED, b"Photoshop 3.0\0" + resource(0x40F, payload))),
        "caption.jpg": jpeg(segment(0xED, b"Photoshop 3.0\0" + resource(0x404, caption(payload)))),
        "resource.psd": psd(resource(0x3ED, bytes(16)) + resource(0x422, payload)),
        "profile.tif": tiff([(0x100, 4, 1), (0x8773, 7, payload)]),
        "profile-64.tif": tiff([(0x100, 4, 1), (0x8773, 7, payload)], big=True),
        "xmp.tif": tiff([(0x100, 4, 1), (0x2BC, 1, xmp(payload))]),
        "resource.tif": tiff([(0x100, 4, 1), (0x8649, 1, resource(0x40F, payload))]),
        "preview.dng": tiff([(0x100, 4, 1)], payload),
        "comment.gif": gif(b"\x21\xfe" + blocks(payload)),
        "application.gif": gif(b"\x21\xff\x0bICCRGBG1012" + blocks(payload)),
        "behind.gif": gif(b"", payload),
        "profile.webp": webp((b"ICCP", payload)),
        "exif.webp": webp((b"EXIF", thumbnail)),
        "xmp.webp": webp((b"XMP ", xmp(payload))),
        "xml.wav": wave((b"iXML", b"<?xml version='1.0'?><BWFXML><USER>" + base64.b64encode(payload) + b"</USER></BWFXML>")),
        "exif.png": png(b"eXIf", thumbnail),
        "text.png": png(b"tEXt", b"Comment\0" + payload),
        "xmp.png": png(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(payload)),
        "digits.png": png(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(digits(payload))),
        "wide-xmp.jpg": jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(payload).decode().encode("utf-16"))),
        "thermal.jpg": jpeg(*pieces(0xE1, lambda number: b"FLIR\0\1" + bytes([number, 1]), payload)),
        "records.jpg": jpeg(*pieces(0xE1, lambda number: b"FLIR\0\1" + bytes([number, 1]), thermal(payload))),
        "records.fff": thermal(payload),
        "picture.flv": b"FLV\1\1" + struct.pack(">II", 9, 0) + b"\x09" + struct.pack(">I", len(payload) + 1)[1:] + bytes(7) + b"\x17" + payload,
        "program.aiff": b"FORM" + struct.pack(">I4s4sI", 12 + len(payload), b"AIFF", b"APPL", len(payload)) + payload,
        "sound.flv": flash_video(payload),
        "attribute-xmp.jpg": jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + attribute_xmp(payload))),
        "repeated-profile.jpg": jpeg(*repeated_profile(payload)),
        "listed.tif": listed_directories(payload),
        "values.json": b'[{\n  "ThumbnailImage": "base64:' + base64.b64encode(payload) + b'"\n}]\n',
        "values.csv": b"SourceFile,ThumbnailImage\na.jpg,base64:" + base64.b64encode(payload) + b",more\n",
        "preview.jpg": jpeg(*pieces(0xE2, lambda number: b"", payload)),
        "plain-text.gif": gif(b"\x21\1\x0c" + bytes(12) + blocks(payload)),
        "packed-exif.png": png(b"zxIf", b"\0" + struct.pack(">I", len(thumbnail)) + zlib.compress(thumbnail)),
        "jumbf.png": png(b"caBX", box(payload)),
        "text.mng": b"\x8aMNG" + png(b"zTXt", b"Comment\0\0" + zlib.compress(payload))[4:],
        "profile.jng": b"\x8bJNG" + png(b"iCCP", b"name\0\0" + zlib.compress(payload))[4:],
        "plain-digits.png": png(b"tEXt", b"Raw profile type exif\0" + digits(payload)),
    }
