"""Sums that readers check, made right again after a mutation: else most mutants end at the first check."""

import struct
import zlib

from fields import tar_headers, tar_sum


def repaired(form, before, after):
    """The mutant with the sums of its headers corrected. `before` is the container that it was made from: its headers
    stand at the same offsets, unless bytes were moved."""
    repair = _REPAIRS.get(form)
    if repair is None or len(before) != len(after):
        return after
    try:
        return bytes(repair(before, bytearray(after)))
    except (IndexError, struct.error):
        return after


def _tar(before, after):
    for place in tar_headers(before):
        after[place + 148 : place + 156] = b"%06o\0 " % tar_sum(after, place)
    return after


def _lha(before, after):
    place = 0
    while place + 22 < len(before) and before[place]:
        if before[place + 20] == 2:
            return after
        size = before[place]
        after[place + 1] = sum(after[place + 2 : place + 2 + after[place]]) & 0xFF
        place += 2 + size + struct.unpack_from("<I", before, place + 7)[0]
    return after


def _arj(before, after):
    place = 0
    while before[place : place + 2] == b"\x60\xea":
        size = struct.unpack_from("<H", before, place + 2)[0]
        if not size:
            break
        length = struct.unpack_from("<H", after, place + 2)[0]
        if place + 4 + length + 4 <= len(after):
            struct.pack_into("<I", after, place + 4 + length, zlib.crc32(after[place + 4 : place + 4 + length]))
        packed = struct.unpack_from("<I", before, place + 4 + 12)[0] if before[place + 10] != 2 else 0
        place += 4 + size + 4 + 2 + packed
    return after


def _rar(before, after):
    if before[:8] == b"Rar!\x1a\x07\x01\x00":
        return _rar5(before, after)
    place = 7
    while place + 7 <= len(before):
        size = struct.unpack_from("<H", before, place + 5)[0]
        flags = struct.unpack_from("<H", before, place + 3)[0]
        if size < 7:
            break
        struct.pack_into("<H", after, place, zlib.crc32(after[place + 2 : place + size]) & 0xFFFF)
        more = struct.unpack_from("<I", before, place + 7)[0] if flags & 0x8000 else 0
        place += size + more
    return after


def _vint(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if not byte & 0x80 or shift > 56:
            return value, place


def _rar5(before, after):
    place = 8
    while place + 7 <= len(before):
        size, start = _vint(before, place + 4)
        end = start + size
        struct.pack_into("<I", after, place, zlib.crc32(after[place + 4 : end]))
        kind, cursor = _vint(before, start)
        flags, cursor = _vint(before, cursor)
        if flags & 1:
            _, cursor = _vint(before, cursor)
        more = _vint(before, cursor)[0] if flags & 2 else 0
        place = end + more
    return after


def _sevenzip(before, after):
    start, size = struct.unpack_from("<QQ", after, 12)
    if start + size + 32 <= len(after):
        struct.pack_into("<I", after, 28, zlib.crc32(after[32 + start : 32 + start + size]))
    struct.pack_into("<I", after, 8, zlib.crc32(after[12:32]))
    return after


def _xz(before, after):
    struct.pack_into("<I", after, 8, zlib.crc32(after[6:8]))
    size = (after[12] + 1) * 4
    struct.pack_into("<I", after, 12 + size - 4, zlib.crc32(after[12 : 12 + size - 4]))
    struct.pack_into("<I", after, len(after) - 12, zlib.crc32(after[-8:-2]))
    return after


def _vhd(before, after):
    footer = len(after) - 512
    struct.pack_into(">I", after, footer + 64, 0)
    struct.pack_into(">I", after, footer + 64, ~sum(after[footer:]) & 0xFFFFFFFF)
    return after


_REPAIRS = {
    "tar": _tar,
    "lha": _lha,
    "arj": _arj,
    "rar": _rar,
    "7z": _sevenzip,
    "xz": _xz,
    "vhd": _vhd,
}
