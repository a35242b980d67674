"""Images of firmware and programs that hold a payload: a tree of devices, a FIT with data behind it, a TRX, a DTBO, a UF2, a
DfuSe, a module of WebAssembly, a universal binary of EFI, a program by `lzma86`."""

import lzma
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


def device_images(payload):
    elements = [(0x08000000, b"loader" * 9), (0x08004000, payload)]
    body = b"".join(struct.pack("<II", place, len(data)) + data for place, data in elements)
    target = b"Target\0" + struct.pack("<I255sII", 1, b"flash", len(body), len(elements)) + body
    return b"DfuSe\1" + struct.pack("<IB", 11 + len(target), 1) + target + b"\0\0\xdf\x11\x83\x04\x1a\1UFD\x10" + bytes(4)


def number(value):
    found = b""
    while value > 0x7F:
        found, value = found + bytes([value & 0x7F | 0x80]), value >> 7
    return found + bytes([value])


def wasm(payload):
    def section(kind, body):
        return bytes([kind]) + number(len(body)) + body

    custom = section(0, b"\4name\0") + section(0, b"\5asset" + payload)
    return b"\0asm\1\0\0\0" + section(1, b"\1\x60\0\0") + custom + section(3, b"\1\0")


def efi(payload):
    programs = [b"\x90" * 40, payload]
    rows, place = b"", 8 + 20 * len(programs)
    for program in programs:
        rows += struct.pack("<5I", 7, 3, place, len(program), 3)
        place += len(program)
    return struct.pack("<II", 0x0EF1FAB9, len(programs)) + rows + b"".join(programs)


def lzma86(payload, filtered=True, lc=1, lp=2, pb=1):
    chosen = {"id": lzma.FILTER_LZMA1, "lc": lc, "lp": lp, "pb": pb, "dict_size": 1 << 16}
    filters = [{"id": lzma.FILTER_X86}, chosen] if filtered else [chosen]
    packed = lzma.compress(payload, lzma.FORMAT_RAW, filters=filters)
    return bytes([filtered, lc + 9 * (lp + 5 * pb)]) + struct.pack("<IQ", 1 << 16, len(payload)) + packed


def every_image(payload):
    return {
        "device.dfu": device_images(payload),
        "asset.wasm": wasm(payload),
        "universal-efi": efi(payload),
        "program.lzma86": lzma86(payload),
        "fit.itb": tree(payload),
        "behind.itb": tree(b"inside" * 20, payload),
        "router.trx": trx(payload),
        "overlays.dtbo": dtbo(payload),
        "board.uf2": uf2(payload),
    }
