"""Forms that pack or divide the one payload that their own software takes out: tracks of Matroska, deflated DICOM, texts of
Subversion, records of hexadecimal digits."""

import struct
import zlib


def element(id, body):
    """An element of EBML with a length of four bytes."""
    return bytes.fromhex(id) + (1 << 28 | len(body)).to_bytes(4, "big") + body


def track(number=1, codec=b"S_VOBSUB", algorithm=0, settings=b"", scope=1, private=b"", times=1, kind=0):
    compression = element("4254", bytes([algorithm])) + element("4255", settings)
    encoding = element("6240", element("5032", bytes([scope])) + element("5033", bytes([kind])) + element("5034", compression))
    entry = element("D7", bytes([number])) + element("83", b"\x11") + element("86", codec)
    return element("AE", entry + element("63A2", private) + element("6D80", encoding * times))


def block(content, number=1, flags=0x80):
    return element("A3", bytes([0x80 | number, 0, 0, flags]) + content)


def laced(frames, kind):
    """A block of several frames: 1 for Xiph's lacing, 2 for frames of one size, 3 for EBML's."""
    sizes, head = [len(frame) for frame in frames], bytes([len(frames) - 1])
    if kind == 1:
        head += b"".join(b"\xff" * (size // 255) + bytes([size % 255]) for size in sizes[:-1])
    if kind == 3:
        head += struct.pack(">H", 0x4000 | sizes[0])
        head += b"".join(struct.pack(">H", 0x4000 | after - before + 0x1FFF) for before, after in zip(sizes, sizes[1:-1]))
    return block(head + b"".join(frames), flags=kind << 1)


def cluster(*blocks):
    return element("1F43B675", element("E7", b"\0") + b"".join(blocks))


def film(*elements):
    return element("1A45DFA3", element("4282", b"matroska")) + element("18538067", b"".join(elements))


def tracks(*entries):
    return element("1654AE6B", b"".join(entries))


def subtitles(payload, **how):
    half = len(payload) // 2
    grouped = element("A0", element("A1", b"\x81\0\0\0" + zlib.compress(payload[half:])))
    return film(tracks(track(2), track(**how)), cluster(block(zlib.compress(payload[:half])), grouped))


def stripped(payload):
    return film(tracks(track(algorithm=3, settings=payload[:7])), cluster(block(payload[7:])))


def dicom_element(group, number, kind, value):
    value += bytes(len(value) % 2)
    length = struct.pack("<HI", 0, len(value)) if kind == b"OB" else struct.pack("<H", len(value))
    return struct.pack("<HH", group, number) + kind + length + value


def deflated_dicom(payload, mark=True, syntax=b"1.2.840.10008.1.2.1.99", length=None):
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    document = dicom_element(8, 5, b"CS", b"ISO_IR 100") + dicom_element(0x42, 0x11, b"OB", payload)
    head = dicom_element(2, 2, b"UI", b"1.2.3") + dicom_element(2, 0x10, b"UI", syntax)
    first = dicom_element(2, 0, b"UL", struct.pack("<I", len(head) if length is None else length))
    return (bytes(128) + b"DICM" + first if mark else b"") + head + deflate.compress(document) + deflate.flush()


def varint(number):
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.insert(0, number & 0x7F | 0x80)
    return bytes(digits)


def section(content, version):
    if version == 0:
        return content
    packed = zlib.compress(content)
    if version == 2:
        # One run of literals.
        long = len(content) - 15
        packed = b"\xf0" + b"\xff" * (long // 255) + bytes([long % 255]) + content if long >= 0 else content
    return varint(len(content)) + min((packed, content), key=len) if version == 1 else varint(len(content)) + packed


def window(content, version, source=0):
    instructions = section(b"\x80" + varint(len(content)), version)
    content_section = section(content, version)
    sizes = (0, source, len(content), len(instructions), len(content_section))
    return b"".join(map(varint, sizes)) + instructions + content_section


def subversion_revision(payload, version=1, source=0, line=b"DELTA"):
    half = len(payload) // 2
    first = b"DELTA\nSVN" + bytes([version]) + window(b"K 5\na.txt\nV 3\n0.1\nEND\n", version) + b"ENDREP\n"
    text = line + b"\nSVN" + bytes([version]) + window(payload[:half], version, source) + window(payload[half:], version)
    return first + b"id: 0.0.r1/2\ntype: file\n\n" + text + b"ENDREP\nid: 0.1.r1/9\n\n"


def intel_records(payload, places):
    lines = []
    for place in places:
        record = struct.pack(">BHB", len(payload[place : place + 16]), place, 0) + payload[place : place + 16]
        lines.append(b":" + (record + bytes([-sum(record) & 255])).hex().upper().encode())
    return lines + [b":00000001FF"]


def motorola_records(payload, places):
    lines = []
    for place in places:
        record = struct.pack(">BH", len(payload[place : place + 16]) + 3, place) + payload[place : place + 16]
        lines.append(b"S1" + (record + bytes([~sum(record) & 255])).hex().upper().encode())
    return lines + [b"S9030000FC"]


def every_packed(payload):
    places = range(0, len(payload), 16)
    return {
        "subtitles.mkv": subtitles(payload),
        "stripped.mkv": stripped(payload),
        "deflated.dcm": deflated_dicom(payload),
        "headless.dcm": deflated_dicom(payload, mark=False),
        "revision-0": subversion_revision(payload, 0),
        "revision-1": subversion_revision(payload, 1),
        "revision-2": subversion_revision(payload, 2),
        "reversed.hex": b"\n".join(intel_records(payload, places[::-1])),
        "interleaved.hex": b"\r\n".join(intel_records(payload, [*places[::2], *places[1::2]])),
        "joined.hex": b"".join(intel_records(payload, places)),
        "reversed.s19": b"\n".join(motorola_records(payload, places[::-1])),
    }
