"""Small files that unpack to large, deep or many ones."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib

import formats
import zips
from animals import prose
from packing import sevenzip

MIB = 1 << 20
SMALL = {"maxScanSize": 32 * MIB}


def crc32_of_zeros(blocks, size):
    """CRC-32 of `blocks` times `size` zeros, without creating them: squaring the operator that appends zeros."""

    def times(matrix, vector):
        total, bit = 0, 0
        while vector:
            if vector & 1:
                total ^= matrix[bit]
            vector >>= 1
            bit += 1
        return total

    def square(matrix):
        return [times(matrix, row) for row in matrix]

    one = [0xEDB88320] + [1 << i for i in range(31)]  # one zero bit
    step, length, register = square(square(square(one))), blocks * size, 0xFFFFFFFF
    while length:
        if length & 1:
            register = times(step, register)
        step, length = square(step), length >> 1
    return register ^ 0xFFFFFFFF


def gzip_of_zeros(mebibytes):
    """One member: the same flushed piece of 16 MiB again and again."""
    assert mebibytes % 16 == 0
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = deflate.compress(bytes(16 * MIB)) + deflate.flush(zlib.Z_FULL_FLUSH)
    count = mebibytes // 16
    return (
        b"\x1f\x8b\x08\0\0\0\0\0\2\3"
        + piece * count
        + b"\3\0"
        + struct.pack("<II", crc32_of_zeros(count, 16 * MIB), mebibytes * MIB & 0xFFFFFFFF)
    )


def xz_of_zeros(mebibytes):
    """One stream: the same block of 16 MiB again and again, and its index."""
    count, one = mebibytes // 16, lzma.compress(bytes(16 * MIB), check=lzma.CHECK_CRC32, preset=0)
    backward = (struct.unpack("<I", one[-8:-4])[0] + 1) * 4
    block, index = one[12 : -12 - backward], one[-12 - backward : -12]
    record = index[2 : len(index) - 4].rstrip(b"\0")
    body = b"\0" + _number(count) + record * count
    body += b"\0" * (-len(body) % 4)
    body += struct.pack("<I", zlib.crc32(body))
    tail = struct.pack("<I", len(body) // 4 - 1) + one[6:8]
    return one[:12] + block * count + body + struct.pack("<I", zlib.crc32(tail)) + tail + b"YZ"


def _number(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def zstd_of_zeros(mebibytes, window=0x50):
    """One frame of blocks that say "this byte, 128 KiB of it" (RFC 8878, 3.1.1.2)."""
    block = (128 << 10) << 3 | 1 << 1
    pieces = mebibytes * 8
    return (
        b"\x28\xb5\x2f\xfd\x00"
        + bytes([window])
        + (struct.pack("<I", block)[:3] + b"\0") * (pieces - 1)
        + struct.pack("<I", block | 1)[:3]
        + b"\0"
    )


def overlapping(files, size):
    """Many entries of the directory, one member: a bomb of completely overlapping entries."""
    kernel = zips.Entry("kernel", bytes(size))
    body = kernel.local_header() + kernel.packed
    central = b""
    for number in range(files):
        central += zips.Entry(f"{number:06}", bytes(size), packed=kernel.packed).central_header(0)
    return body + central + zips.end_record(files, len(central), len(body))


def quoted(files, size):
    """Each member's deflate stream begins with a stored block that holds the next member's local header, and all end
    in the same kernel: every entry agrees with its header, and the output grows with the square of the file."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    tail, plain = deflate.compress(bytes(size)) + deflate.flush(), bytes(size)
    body, entries = tail, []
    for number in reversed(range(files)):
        name = f"{number:04}".encode()
        entry = zips.Entry(name, plain, packed=body)
        head = entry.local_header()
        entries.insert(0, (entry, len(head)))
        if number == 0:
            whole = head + body
            break
        quote = struct.pack("<BHH", 0, len(head), len(head) ^ 0xFFFF)
        body, plain = quote + head + body, head + plain
    central, offset = b"", 0
    for entry, head in entries:
        central += entry.central_header(offset)
        offset += head + 5
    return whole + central + zips.end_record(files, len(central), len(whole))


def nested_zip(base, fan, levels):
    data = zips.archive([("zeros", bytes(base))])
    for level in range(levels):
        data = zips.archive([(f"{level}-{number}.zip", data) for number in range(fan)])
    return data


def deep(wrap, levels, core):
    for _ in range(levels):
        core = wrap(core)
    return core


def many(count, data=b"a member of six bytes and more\n"):
    packed = zips.pack(data, zips.STORED)
    return zips.build(
        [zips.Entry(f"{number}", data, zips.STORED, packed=packed) for number in range(count)], zip64_end=count > 0xFFFF
    )


def add_all(zoo, hidden):
    def add(name, data, **limits):
        zoo.add(f"bomb/{name}", data, **limits)

    add("gzip-10g.gz", gzip_of_zeros(10 * 1024), **SMALL)
    add("xz-10g.xz", xz_of_zeros(10 * 1024), **SMALL)
    add("zstd-10g.zst", zstd_of_zeros(10 * 1024), **SMALL)
    add("bzip2-10g.bz2", bz2.compress(bytes(64 * MIB)) * 160, **SMALL)
    add("bzip2-streams.bz2", bz2.compress(bytes(MIB)) * 2_000, **SMALL)
    add("gzip-members.gz", gzip.compress(bytes(MIB), mtime=0) * 2_000, **SMALL)
    add("xz-streams.xz", lzma.compress(bytes(MIB), preset=0) * 2_000, **SMALL)
    add("zstd-frames.zst", zstd_of_zeros(1) * 2_000, **SMALL)
    zoo.again("bomb/gzip-10g-in-time.gz", "bomb/gzip-10g.gz", timeout=1500)
    zoo.again("bomb/zstd-10g-in-time.zst", "bomb/zstd-10g.zst", timeout=1500)
    add("7z-1g.7z", sevenzip([("zeros", bytes(256 * MIB))], "-m0=LZMA2", "-mx=1"), **SMALL)
    add("tar-gz-10g.tar.gz", tar_bomb(), **SMALL)
    add("gzip-in-zip.zip", zips.archive([("a.gz", gzip_of_zeros(1024))]), **SMALL)
    add("nested.zip", nested_zip(4 * MIB, 10, 4), **SMALL)
    add("nested-time.zip", nested_zip(4 * MIB, 10, 5), timeout=1500)
    add("overlapping.zip", overlapping(2_000, MIB), **SMALL)
    add("overlapping-few.zip", overlapping(3, 4096))
    add("quoted.zip", quoted(250, MIB), **SMALL)
    add("quoted-few.zip", quoted(4, 4096))
    add("deep-100.zip", deep(lambda data: zips.archive([("i.zip", data)]), 100, zips.archive([("p", hidden)])))
    add("deep-100.gz", deep(lambda data: gzip.compress(data, mtime=0), 100, hidden))
    add("deep-100.zst", deep(lambda data: zstd_wrap(data), 100, hidden))
    add("deep-100.tar", deep(lambda data: formats.tar_entry(b"i.tar", data) + bytes(1024), 100, hidden))
    add("deep-mixed-100.zst", deep(lambda data: zstd_wrap(zips.archive([("i.zst", data)])), 50, hidden))
    add("deep-mixed-12.zst", deep(lambda data: zstd_wrap(zips.archive([("i.zst", data)])), 6, hidden))
    add("zstd-many.zip", zips.archive([(f"{number}.zst", zstd_of_zeros(2)) for number in range(50)]), **SMALL)
    add("deep-15.zip", deep(lambda data: zips.archive([("i.zip", data)]), 14, zips.archive([("p", hidden)])))
    add("deep-5.gz", deep(lambda data: gzip.compress(data, mtime=0), 5, hidden))
    zoo.again("bomb/deep-5-of-3.gz", "bomb/deep-5.gz", maxRecursion=3)
    add("members-300-of-100.zip", many(300), maxFiles=100)
    add("members-300-of-100.tar", tar_of(300), maxFiles=100)
    add(
        "members-300-of-100.rar", formats.rar5([(f"{number}", b"some member\n") for number in range(300)]), maxFiles=100
    )
    add("members-9990.zip", many(9_990))
    add("members-10001.zip", many(10_001))
    zoo.again("bomb/members-10001-of-20000.zip", "bomb/members-10001.zip", maxFiles=20_000)
    add("members-10001.tar", tar_of(10_001))
    add("empty-members-100000.zip", many(100_000, b""))
    add("pdf-flate-nested.pdf", flate_bomb(), **SMALL)
    add("xml-entities.xml", entities())
    add("xml-entities.svg", entities().replace(b"lolz", b"svg"))
    add("png-13000.png", formats.png(13_000, 13_000, rows=zlib.compress(bytes(13_001 * 13_000), 9)))
    add("xz-dictionary-4g.xz", xz_dictionary(hidden))
    add("lzma-dictionary-4g.lzma", lzma_dictionary(hidden))
    add("zstd-window-3t.zst", zstd_of_zeros(1, window=0xF8))
    add("zstd-window-512m.zst", zstd_of_zeros(1, window=0x98))
    add("member-of-40m.zip", zips.archive([("zeros", bytes(40 * MIB))]), **SMALL)
    add("member-of-40m.gz", gzip_of_zeros(48), **SMALL)


def zstd_wrap(data):
    """One frame of raw blocks, so that a hundred of them stay small."""
    out, limit = b"\x28\xb5\x2f\xfd\x00\x50", 100_000
    for start in range(0, len(data), limit):
        part = data[start : start + limit]
        out += struct.pack("<I", len(part) << 3 | (start + limit >= len(data)))[:3] + part
    return out


def tar_of(count):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for number in range(count):
            entry = tarfile.TarInfo(str(number))
            entry.size = 31
            archive.addfile(entry, io.BytesIO(b"a member of six bytes and more\n"))
    return out.getvalue()


def tar_bomb():
    head = formats.tar_entry(b"zeros", b"", size=b"%011o\0" % ((8 << 30) - 1))
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = deflate.compress(head) + deflate.flush(zlib.Z_FULL_FLUSH)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = deflate.compress(bytes(16 * MIB)) + deflate.flush(zlib.Z_FULL_FLUSH)
    # The checksum at the end is wrong, but no reader may get that far.
    return b"\x1f\x8b\x08\0\0\0\0\0\2\3" + first + piece * 640 + b"\3\0" + bytes(8)


def flate_bomb():
    data = bytes(64 * MIB)
    for _ in range(3):
        data = zlib.compress(data, 9)
    content = formats.pdf_stream(data, b"/Filter [/FlateDecode /FlateDecode /FlateDecode]")
    return formats.pdf([*formats.PDF_PAGES, content])


def entities():
    lines = [f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' if i else '<!ENTITY a0 "ha">' for i in range(12)]
    return ('<?xml version="1.0"?><!DOCTYPE lolz [' + "".join(lines) + "]><lolz>&a11;</lolz>").encode()


def xz_dictionary(data):
    """A block header that declares a dictionary of 4 GiB - 1, which the data does not need."""
    whole = lzma.compress(data, check=lzma.CHECK_CRC32)
    size = (whole[12] + 1) * 4
    header = bytearray(whole[12 : 12 + size - 4])
    place = header.index(b"\x21\x01") + 2  # the filter LZMA2, one byte of properties
    header[place] = 40
    return whole[:12] + bytes(header) + struct.pack("<I", zlib.crc32(bytes(header))) + whole[12 + size :]


def lzma_dictionary(data):
    whole = lzma.compress(data, lzma.FORMAT_ALONE)
    return whole[:1] + b"\xff\xff\xff\xff" + whole[5:]
