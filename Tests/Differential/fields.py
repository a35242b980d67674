"""Where the fields of each form stand in a container's bytes: what a mutation of its structure changes."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """`coding` is how its number is written: le, be, octal, decimal or hex digits; raw has no number."""

    offset: int
    length: int
    coding: str = "le"


def fields_of(form, data):
    """The fields of a container, at most some hundred; those of its first and last bytes if its form has no table."""
    table = _TABLES.get(form)
    found = table(data) if table else []
    found = [field for field in found if 0 <= field.offset and field.offset + field.length <= len(data)]
    return found[:400] or _ends(data) or [Field(0, 0, "raw")]


def _ends(data, reach=96):
    offsets = set(range(min(reach, len(data)))) | set(range(max(0, len(data) - reach), len(data)))
    return [Field(offset, length) for offset in sorted(offsets) for length in (1, 2, 4) if offset + length <= len(data)]


def _places(data, mark, limit=40):
    return [match.start() for match in re.finditer(re.escape(mark), data)][:limit]


def _row(offset, *lengths, coding="le"):
    """Fields one behind the other."""
    row = []
    for length in lengths:
        row.append(Field(offset, length, coding))
        offset += length
    return row


def _zip(data):
    found = []
    for place in _places(data, b"PK\3\4"):
        found += _row(place, 4, 2, 2, 2, 2, 2, 4, 4, 4, 2, 2) + _row(place + 30, 4, 2, 2, 4)
    for place in _places(data, b"PK\1\2"):
        found += _row(place, 4, 1, 1, 2, 2, 2, 2, 2, 4, 4, 4, 2, 2, 2, 2, 2, 4, 4)
    for place in _places(data, b"PK\5\6"):
        found += _row(place, 4, 2, 2, 2, 2, 4, 4, 2) * 2
    for place in _places(data, b"PK\6\6"):
        found += _row(place, 4, 8, 2, 2, 4, 4, 8, 8, 8, 8)
    for place in _places(data, b"PK\6\7"):
        found += _row(place, 4, 4, 8, 4)
    for place in _places(data, b"PK\7\x08"):
        found += _row(place, 4, 4, 4, 4)
    return found


def tar_headers(data):
    """The offsets of the blocks that a reader of tar takes for headers: those with the right sum."""
    return [
        place
        for place in range(0, len(data) - 511, 512)
        if data[place : place + 1] != b"\0" and _octal(data[place + 148 : place + 156]) == tar_sum(data, place)
    ]


def _octal(text):
    digits = re.match(rb" *([0-7]+)", text)
    return int(digits[1], 8) if digits else -1


def tar_sum(data, place):
    block = data[place : place + 512]
    return sum(block[:148]) + 8 * 32 + sum(block[156:])


def _tar(data):
    found = []
    for place in tar_headers(data):
        found += [
            Field(place, 100, "raw"),
            Field(place + 156, 1, "raw"),
            Field(place + 157, 100, "raw"),
            Field(place + 345, 155, "raw"),
            Field(place + 257, 5, "raw"),
            Field(place + 263, 2, "raw"),
            Field(place + 124, 1, "raw"),
        ]
        found += [
            Field(place + offset, length, "octal")
            for offset, length in ((100, 8), (108, 8), (116, 8), (124, 12), (124, 12), (136, 12), (148, 8))
        ]
        found += [Field(place + 156, 1, "digit"), Field(place + 386, 12, "octal"), Field(place + 483, 12, "octal")]
    return found + _row(len(data) - 1024 & ~511, 512, 512, coding="raw")


def _cpio(data):
    found = []
    for place in _places(data, b"07070"):
        if data[place : place + 6] in (b"070701", b"070702"):
            found += _row(place, 6, coding="raw") + _row(place + 6, *[8] * 13, coding="hex")
        elif data[place : place + 6] == b"070707":
            found += _row(place, 6, coding="raw") + _row(place + 6, *[6] * 7, 11, 6, 11, coding="octal")
    for place in _places(data, b"\xc7\x71"):
        found += _row(place, *[2] * 13)
    return found


def _ar(data):
    found = _row(0, 8, coding="raw")
    for end in _places(data, b"`\n"):
        place = end - 58
        found += [Field(place, 16, "raw"), Field(end, 2, "raw"), Field(place + 40, 8, "octal")]
        found += [Field(place + offset, length, "decimal") for offset, length in ((16, 12), (28, 6), (34, 6), (48, 10))]
    return found


def _gzip(data):
    found = []
    for place in _places(data, b"\x1f\x8b\x08"):
        found += _row(place, 1, 1, 1, 1, 4, 1, 1, 2, 2)
    return found + _row(len(data) - 8, 4, 4)


def _cab(data):
    found = []
    for place in _places(data, b"MSCF"):
        found += _row(place, *[4] * 6, 1, 1, *[2] * 5) + _row(place + 36, 4, 2, 2) + _row(place + 44, 4, 4, 2, 2, 2, 2)
    for place in _places(data, b"CK"):
        found += _row(place - 8, 4, 2, 2, 2)
    return found


def _lha(data):
    found = []
    for match in re.finditer(rb"-l[hz].-", data):
        place = match.start() - 2
        found += _row(place, 1, 1, 5, 4, 4, 4, 1, 1, 1) + _row(place, 2) + _row(place + 22, 1, 1, 2, 2)
        found += [Field(place + 5, 1, "digit"), Field(place + 5, 1, "digit"), Field(place + 2, 5, "raw")]
    return found


def _arj(data):
    found = []
    for place in _places(data, b"\x60\xea"):
        found += _row(place, 2, 2, *[1] * 8, 4, 4, 4, 4, 2, 2, 2) + _row(place + 4, 1)
    return found


def _rar(data):
    found = []
    for place in _places(data, b"Rar!\x1a\x07"):
        found += _row(place, 4, 1, 1, 1, 1) + _row(place + 7, *[1] * 60) + _row(place + 7, *[2] * 20)
    for match in list(re.finditer(rb"payload.bin|plain.txt|i\.zip|p\.bin", data))[:6]:
        found += _row(match.start() - 34, *[1] * 34) + _row(match.start() - 34, *[4] * 8)
    return found


def _sevenzip(data):
    found = []
    for place in _places(data, b"7z\xbc\xaf\x27\x1c"):
        found += _row(place, 4, 2, 1, 1, 4, 8, 8, 4)
        start = place + 32 + int.from_bytes(data[place + 12 : place + 20], "little")
        found += [Field(offset, 1) for offset in range(start, min(len(data), start + 160))]
    return found


def _iso(data):
    found = []
    for sector in range(16, 24):
        place = sector * 2048
        if data[place + 1 : place + 6] in (b"CD001", b"BEA01", b"NSR02", b"NSR03", b"TEA01"):
            found += (
                _row(place, 1, 5, 1) + _row(place + 80, 4, 4) + _row(place + 120, 2, 2, 2, 2, 2, 2, 4, 4, 4, 4, 4, 4)
            )
            found += _row(place + 156, 1, 1, 4, 4, 4, 4, 7, 1, 1, 1, 2, 2)
    for name in (b"PAYLOAD.BIN", b"PLAIN.TXT", "payload.bin".encode("utf-16-be")):
        for place in _places(data, name, 3):
            found += _row(place - 33, 1, 1, 4, 4, 4, 4, 7, 1, 1, 1, 2, 2, 1) * 2
    return found


def _rpm(data):
    found = _row(0, 4, 1, 1, 2, 2) + _row(76, 2, 2)
    for place in _places(data, b"\x8e\xad\xe8"):
        found += _row(place, 3, 1, 4, coding="raw") + _row(place + 8, *[4] * 6, coding="be")
    return found


def _at(*rows, coding="le"):
    """A table of fixed offsets: each row is an offset and the lengths from there on."""
    return lambda data: [field for offset, *lengths in rows for field in _row(offset, *lengths, coding=coding)]


def _tokens(data):
    """Of text: words, numbers and marks of its first kilobytes."""
    found = [
        Field(match.start(), match.end() - match.start(), "raw")
        for match in re.finditer(rb"[A-Za-z-]+|[0-9]+|[^A-Za-z0-9\s]|[\r\n ]+", data[:3000])
    ]
    return found[:380]


def _image(data):
    found = []
    for base in (0, 8 * 512):
        if data[base + 510 : base + 512] == b"\x55\xaa" or data[base : base + 1] in (b"\xeb", b"\xe9"):
            found += _row(base, 1, 1, 1, 8, 2, 1, 2, 1, 2, 2, 1, 2, 2, 2, 4, 4, 1, 1, 1, 4, 11, 8)
            found += _row(base + 446, 1, 1, 1, 1, 1, 1, 1, 1, 4, 4) + _row(base + 510, 1, 1)
    if data[1080:1082] == b"\x53\xef":
        found += _row(1024, *[4] * 14, 2, 2, 2, 2, 2, 2, 4, 4, 4, 4, 2, 2, 4, 2, 2, 4, 4, 4)
    if data[1024:1026] == b"BD":
        found += _row(1024, 2, 4, 4, 2, 2, 2, 2, 2, 4, 4, 2, 4, 2, 1, coding="be")
    if data[1024:1028] == b"\xe2\xe1\xf5\xe0":
        found += _row(1024, *[4] * 3, 1, 1, 2, 8, 8, 4, 4, 4, 4)
    if data[-512:-504] == b"conectix":
        found += _row(len(data) - 512, 8, 4, 4, 8, 4, 4, 4, 4, 8, 8, 4, 4, 4, coding="be")
    return found


_TABLES = {
    "zip": _zip,
    "tar": _tar,
    "cpio": _cpio,
    "ar": _ar,
    "deb": _ar,
    "gzip": _gzip,
    "cab": _cab,
    "lha": _lha,
    "arj": _arj,
    "rar": _rar,
    "7z": _sevenzip,
    "iso": _iso,
    "rpm": _rpm,
    "image": _image,
    "vhd": _image,
    "lzma": _at((0, 1, 4, 8, 1), (1, 1, 1, 1, 1), (5, 1, 1, 1, 1, 1, 1, 1, 1)),
    "squashfs": _at((0, 4, 4, 4, 4, 4, 2, 2, 2, 2, 2, 2, 8, 8, 8, 8, 8, 8, 8, 8)),
    "wim": _at((0, 8, 4, 4, 4, 4), (40, 2, 2, 4), (48, 8, 8, 8), (72, 8, 8, 8), (96, 8, 8, 8)),
    "mail": _tokens,
    "mbox": _tokens,
    "warc": _tokens,
    "uu": _tokens,
    "sh": _tokens,
    "patch": _tokens,
    "pdf": _tokens,
}
for _form, _table in (("png", _zip), ("jpg", _rar)):
    _TABLES[_form] = _table


def _self_extractor(data):
    found = _ends(data[:64])
    for table in (_zip, _sevenzip, _rar, _cab, _lha, _arj):
        found += table(data)
    return found


_TABLES["self-extractor"] = _self_extractor
