"""Mutations of a container: of its fields, of its frame (what stands before, behind, around it), and blind ones. Each
takes a seed's bytes and a random generator, and returns other bytes."""

import gzip
import struct
import zlib

import containers
import formats
import programs
import zips
from animals import noise, prose
from fields import fields_of
from packing import libarchive
from repair import repaired

_EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
LONGEST = 2 << 20


def mutate(seed, others, chance):
    """Returns a mutant of a seed and the names of what was done, from the first to the last. `others` are innocent
    containers."""
    data, done = seed.data, []
    for _ in range(chance.choice((1, 1, 1, 1, 2, 2, 3))):
        name, mutation = chance.choices(_MUTATIONS, _weights(seed.form))[0]
        changed = mutation(seed, data, others, chance)
        if len(changed) <= LONGEST:
            data = changed
            done.append(name)
    return data, done


def _number(chance, old, width, size):
    limit = (1 << 8 * width) - 1
    value = chance.choice(
        (
            chance.choice(_EDGES),
            old + 1,
            old - 1,
            old ^ 1 << chance.randrange(8 * width),
            old * 2,
            old // 2,
            chance.randrange(limit + 1),
            size,
            limit,
            chance.randrange(256),
        )
    )
    return value & limit


def _changed(field, data, chance):
    if not field.length:
        return b""
    old = data[field.offset : field.offset + field.length]
    if field.coding in ("le", "be"):
        order = "little" if field.coding == "le" else "big"
        number = _number(chance, int.from_bytes(old, order), field.length, len(data))
        return number.to_bytes(field.length, order)
    if field.coding == "digit":
        return bytes([chance.choice(b"0123456789DKLMNSVXxgAZ \0")])
    if field.coding in ("octal", "decimal", "hex"):
        base = {"octal": 8, "decimal": 10, "hex": 16}[field.coding]
        try:
            number = int(old.strip(b" \0") or b"0", base)
        except ValueError:
            number = 0
        number = _number(chance, number, 4, len(data))
        text = {8: b"%o", 10: b"%d", 16: b"%x"}[base] % number
        style = chance.randrange(6)
        if style == 0:
            text = text.rjust(field.length)
        elif style == 1:
            text = text.ljust(field.length)
        elif style == 2:
            text = b"\0" * field.length if chance.random() < 0.5 else b"-" + text
        elif style == 3 and base == 8 and field.length == 12:
            return b"\x80" + number.to_bytes(11, "big")
        else:
            text = text.rjust(field.length - (base == 8), b"0")
        return text[: field.length].ljust(field.length, b"\0" if base == 8 else b" ")
    style = chance.randrange(6)
    if style == 0:
        return old.swapcase()
    if style == 1:
        return bytes(field.length)
    if style == 2:
        return b" " * field.length
    out = bytearray(old)
    place = chance.randrange(field.length)
    out[place] = chance.choice((out[place] ^ 1 << chance.randrange(8), 0, 0x20, 0x2F, 0x0A, chance.randrange(256)))
    return bytes(out)


def _field(seed, data, others, chance):
    fields = fields_of(seed.form, data)
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        field = chance.choice(fields)
        out[field.offset : field.offset + field.length] = _changed(field, data, chance)
    return repaired(seed.form, data, bytes(out)) if chance.random() < 0.85 else bytes(out)


def _same_field_twice(seed, data, others, chance):
    """The same number, wherever it stands in a field of its length, so that headers go on agreeing."""
    fields = [field for field in fields_of(seed.form, data) if field.coding in ("le", "be") and field.length >= 2]
    if not fields:
        return _field(seed, data, others, chance)
    field = chance.choice(fields)
    old = data[field.offset : field.offset + field.length]
    new = _changed(field, data, chance)
    out = bytearray(data)
    for other in fields:
        if other.length == field.length and data[other.offset : other.offset + other.length] == old:
            out[other.offset : other.offset + other.length] = new
    return repaired(seed.form, data, bytes(out))


def _flip(seed, data, others, chance):
    if not data:
        return data
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        reach = chance.choice((8, 32, 128, 1024, len(data)))
        distance = chance.randrange(min(reach, len(data)))
        place = distance if chance.random() < 0.7 else len(data) - 1 - distance
        out[place] = chance.choice((out[place] ^ 1 << chance.randrange(8), 0, 0xFF, chance.randrange(256)))
    return repaired(seed.form, data, bytes(out)) if chance.random() < 0.5 else bytes(out)


def _junk(chance, others):
    """Bytes to stand before or behind a container, as files that people join have them."""
    size = chance.choice((1, 2, 3, 4, 16, 100, 511, 512, 513, 1000, 2048, 4096, 10240, 32768, 65536, 70_000))
    return chance.choice(
        (
            bytes(size),
            b"\n" * min(size, 600),
            b"\r\n" * 3,
            b" " * min(size, 600),
            prose(size, size),
            noise(size, size),
            b"\xff" * size,
            b"\xef\xbb\xbf",
            b"#!/bin/sh\nexit 0\n",
            programs.elf(),
            programs.pe() + b"\x90" * size,
            formats.png(),
            formats.jpeg(),
            formats.gif(),
            b"%PDF-1.4\n",
            b"<html><body>" + prose(min(size, 2000), 3) + b"</body></html>\n",
            b"From: a@b.c\r\nSubject: s\r\n\r\n" + prose(200, 3),
            b"ID3\3\0\0\0\0\0\0",
            b"OggS\0\2" + bytes(20),
            b"SQLite format 3\0" + bytes(size),
            b"L\0\0\0\1\x14\2\0" + bytes(size),
            chance.choice(others).data,
        )
    )


def _prefix(seed, data, others, chance):
    return _junk(chance, others) + data


def _suffix(seed, data, others, chance):
    return data + _junk(chance, others)


def _shorter(seed, data, others, chance):
    """Cut at either end."""
    reach = chance.choice((1, 2, 4, 8, 22, 64, 512, 1024, 2048))
    count = chance.randint(1, min(reach, max(1, len(data) - 1)))
    return data[count:] if chance.random() < 0.35 else data[: len(data) - count]


def _insert(seed, data, others, chance):
    place = chance.choice(fields_of(seed.form, data)).offset
    piece = chance.choice((b"\0", b"\0" * 4, b"\n", b" ", b"\r\n", noise(8, 3), b"\0" * 512, data[place : place + 16]))
    if chance.random() < 0.3:
        return data[:place] + data[place + len(piece) :]
    return data[:place] + piece + data[place:]


def _joined(seed, data, others, chance):
    """Beside an innocent container, mostly of the same form."""
    same = [other for other in others if other.form == seed.form]
    other = chance.choice(same if same and chance.random() < 0.7 else others).data
    gap = chance.choice((b"", b"", b"", bytes(512), bytes(3), b"\n", prose(100, 1)))
    return other + gap + data if chance.random() < 0.6 else data + gap + other


def _inside(seed, data, others, chance):
    """As a member of another container, of one that stores or one that packs."""
    name = f"inner.{seed.ending}"
    plain = ("plain.txt", prose(300, 5))
    return chance.choice(
        (
            lambda: zips.archive([plain, (name, data)]),
            lambda: zips.archive([(name, data)], method=zips.STORED),
            lambda: zips.build([zips.Entry(*plain), zips.Entry(name, data, descriptor=True)]),
            lambda: formats.tar([plain, (name, data)]),
            lambda: formats.tar_entry(name.encode(), data, kind=chance.choice(b"01234567LKxgDS\0").to_bytes(1, "big")),
            lambda: formats.ar([plain, (name, data)]),
            lambda: formats.cpio([plain, (name, data)], chance.choice(("newc", "odc", "bin", "crc"))),
            lambda: formats.cab([plain, (name, data)], packed=True),
            lambda: formats.rar5([plain, (name, data)]),
            lambda: formats.rar4([plain, (name, data)]),
            lambda: formats.lha([plain, (name, data)]),
            lambda: gzip.compress(data, mtime=0),
            lambda: b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + name.encode() + b"\0" + gzip.compress(data, mtime=0)[10:],
            lambda: libarchive("iso9660", [plain, (name, data)]),
            lambda: libarchive("7zip", [plain, (name, data)], options="7zip:compression=deflate"),
            lambda: libarchive("xar", [plain, (name, data)]),
            lambda: containers.mail("base64", data),
            lambda: containers.pdf_with(data, b"/FlateDecode", b"/Type /EmbeddedFile"),
        )
    )()


def _line_ends(seed, data, others, chance):
    """Of text: its line ends, its blanks, its capitals."""
    old, new = chance.choice(
        (
            (b"\r\n", b"\n"),
            (b"\r\n", b"\r"),
            (b"\n", b"\r\n"),
            (b"\n", b"\n\n"),
            (b"\r\n\r\n", b"\r\n \r\n"),
            (b": ", b":"),
            (b": ", b" : "),
            (b": ", b":\t"),
            (b"\n", b"\n "),
            (b"\n", b" \n"),
            (b"=", b" = "),
            (b" ", b"\t"),
            (b'"', b""),
            (b"; ", b";\r\n "),
            (b"base64", b"BASE64"),
            (b"obj", b"obj "),
            (b"/", b"/#2f"),
        )
    )
    return data.replace(old, new, chance.choice((1, 3, -1)))


def _xar_contents(seed, data, others, chance):
    """The XML of a XAR, changed and packed anew."""
    try:
        text = zlib.decompress(data[28 : 28 + struct.unpack_from(">Q", data, 8)[0]])
        rest = data[28 + struct.unpack_from(">Q", data, 8)[0] :]
    except (zlib.error, struct.error):
        return _field(seed, data, others, chance)
    old, new = chance.choice(
        (
            (b"<type>file</type>", b"<type>directory</type>"),
            (b"<type>file</type>", b""),
            (b"<type>file", b"<type>symlink"),
            (b"application/x-gzip", b"application/octet-stream"),
            (b"application/x-gzip", b"application/zlib"),
            (b"<checksum", b"<checksam"),
            (b"<size>", b"<size> "),
            (b"<size>", b"<size>0"),
            (b"<length>", b"<length>9"),
            (b"<offset>", b"<offset>0"),
            (b"<extracted-checksum", b"<x"),
            (b"<data>", b"<data ><ea/>"),
            (b"sha1", b"none"),
            (b"<data>", b"<ea>"),
            (b"</data>", b"</ea>"),
            (b"<name>", b"<name>../"),
            (b"<encoding", b"<encodin"),
        )
    )
    text = text.replace(old, new, chance.choice((1, -1)))
    toc = zlib.compress(text)
    return data[:8] + struct.pack(">QQ", len(toc), len(text)) + data[24:28] + toc + rest


def _member_names(seed, data, others, chance):
    """Names of one length: what a reader does by a member's name."""
    new = chance.choice(
        (
            b"payload.bi/",
            b"/ayload.bin",
            b"..\\load.bin",
            b"../load.bin",
            b"pay\0oad.bin",
            b"TRAILER!!!\0",
            b"payload.txt",
            b"\xff" * 11,
            b"META-INF/ab",
            b"[trash]/0.b",
            b" " * 11,
            b"\0" * 11,
            b"._payload.b",
            b"PaxHeader/a",
            b"link\0ad.bin",
        )
    )
    return repaired(seed.form, data, data.replace(b"payload.bin", new)) if len(new) == 11 else data


_TABLE = [
    ("field", _field, 30),
    ("fields", _same_field_twice, 10),
    ("flip", _flip, 12),
    ("prefix", _prefix, 9),
    ("suffix", _suffix, 5),
    ("shorter", _shorter, 6),
    ("insert", _insert, 5),
    ("joined", _joined, 6),
    ("inside", _inside, 7),
    ("names", _member_names, 3),
    ("lines", _line_ends, 0),
    ("contents", _xar_contents, 0),
]
_MUTATIONS = [(name, mutation) for name, mutation, _ in _TABLE]
# What is of use for some forms alone.
_OWN = {"lines": {"mail", "mbox", "uu", "sh", "patch", "pdf", "warc"}, "contents": {"xar"}}


def _weights(form):
    return [20 if form in _OWN.get(name, ()) else weight for name, _, weight in _TABLE]
