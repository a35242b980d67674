"""Images of firmware that hold a payload: a tree of devices, a FIT with data behind it, a TRX, a DTBO, a UF2."""

import struct
import zlib


def tree(payload, behind=b""):
    name = b"description\0data\0"
    nodes = struct.pack(">I", 1) + bytes(4) + struct.pack(">I", 1) + b"images\0\0"
    nodes += struct.pack(">III", 3, 8, 0) + b"a kernel" + struct.pack(">III", 3, len(payload), 12)
    nodes += payload + bytes(-len(payload) % 4) + struct.pack(">IIII", 4, 2, 2, 9)
    place = 40 + 16
    total = place + len(nodes) + len(name)
    head = struct.pack(">10I", 0xD00DFEED, total, place, place + len(nodes), 40, 17, 16, 0, len(name), len(nodes))
    return head + bytes(16) + nodes + name + behind


def trx(payload):
    data = b"loader".ljust(64, b"\0") + payload
    head = b"HDR0" + struct.pack("<IIHHIII", 28 + len(data), zlib.crc32(data), 0, 1, 28, 92, 0)
    return head + data


def dtbo(payload):
    places = 32 + 64
    rows = struct.pack(">8I", 64, places, 0, 0, 0, 0, 0, 0) + struct.pack(">8I", len(payload), places + 64, 1, 0, 0, 0, 0, 0)
    return struct.pack(">8I", 0xD7B7AB1E, places + 64 + len(payload), 32, 32, 2, 32, 2048, 0) + rows + bytes(64) + payload


def uf2(payload):
    pieces = [payload[place : place + 256] for place in range(0, len(payload), 256)]
    found = b""
    for number, piece in enumerate(pieces):
        head = struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0x2000, 256 * number, len(piece), number, len(pieces), 0)
        found += head + piece.ljust(476, b"\0") + struct.pack("<I", 0x0AB16F30)
    return found


def every_image(payload):
    return {
        "fit.itb": tree(payload),
        "behind.itb": tree(b"inside" * 20, payload),
        "router.trx": trx(payload),
        "overlays.dtbo": dtbo(payload),
        "board.uf2": uf2(payload),
    }
