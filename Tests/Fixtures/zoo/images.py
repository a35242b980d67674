"""Disk images: HFS+ volumes, partition tables, and Apple disk images, written byte by byte."""

import base64
import bz2
import lzma
import os
import struct
import subprocess
import tempfile
import zlib

import formats
import lzfse_volume
from animals import noise, prose

BLOCK = 4096


def blocks(data):
    return -(-len(data) // BLOCK)


class Volume:
    """An HFS+ volume (Apple Technical Note 1150): files in its root folder, each as (name, data, resource fork)."""

    NODE = 4096

    def __init__(self, fragment=0):
        self.area = []  # data by block, from block 1 on
        self.next = 1
        self.records = []
        self.overflow = []
        self.attributes = []
        self.number = 16
        self.fragment = fragment

    def place(self, data, number=0, kind=0):
        """A fork record of 80 bytes."""
        count = blocks(data)
        extents = []
        step = self.fragment or max(count, 1)
        for start in range(0, count, step):
            part = data[start * BLOCK : (start + step) * BLOCK]
            extents.append((self.next, blocks(part)))
            self.area.append((self.next, part))
            self.next += blocks(part) + (1 if self.fragment else 0)
        fork = struct.pack(">QII", len(data), 0, count)
        pack = lambda some: b"".join(struct.pack(">II", *one) for one in some).ljust(64, b"\0")
        done = sum(count for _, count in extents[:8])
        for first in range(8, len(extents), 8):
            key = struct.pack(">HBBII", 10, kind, 0, number, done)
            self.overflow.append((key, pack(extents[first : first + 8])))
            done += sum(count for _, count in extents[first : first + 8])
        return fork + pack(extents[:8])

    def add(self, name, data=b"", resource=b"", compressed=None, flags=None):
        number, self.number = self.number, self.number + 1
        flags = flags if flags is not None else (0x20 if compressed else 0)
        record = struct.pack(">HHI", 2, 2, 0) + struct.pack(">I", number) + struct.pack(">5I", *[0xD0000000] * 5)
        record += struct.pack(">IIBBHI", 0, 0, 0, flags, 0o100644, 1) + b"\0" * 32 + struct.pack(">II", 0, 0)
        record += self.place(data, number, 0) + self.place(resource, number, 0xFF)
        assert len(record) == 248
        text = name.encode("utf-16-be")
        key = struct.pack(">IH", 2, len(text) // 2) + text
        self.records.append(((2, name), struct.pack(">H", len(key)) + key, record))
        if compressed:
            text = "com.apple.decmpfs".encode("utf-16-be")
            key = struct.pack(">HIIH", 0, number, 0, len(text) // 2) + text
            value = struct.pack(">IQI", 0x10, 0, len(compressed)) + compressed
            self.attributes.append((struct.pack(">H", len(key)) + key, value + b"\0" * (len(value) % 2)))

    def tree(self, records, key_length):
        """The nodes of a B-tree of one or two levels."""

        def node(kind, height, parts, forward=0, backward=0):
            body = struct.pack(">IIbBHH", forward, backward, kind, height, len(parts), 0)
            offsets = []
            for part in parts:
                offsets.append(len(body))
                body += part
            offsets.append(len(body))
            table = b"".join(struct.pack(">H", offset) for offset in reversed(offsets))
            return body.ljust(self.NODE - len(table), b"\0") + table

        groups, size = [], self.NODE
        for key, data in records:
            part = key + b"\0" * (len(key) % 2) + data
            if size + len(part) + 2 > self.NODE - 16:
                groups.append([])
                size = 14
            groups[-1].append((key, part))
            size += len(part) + 2
        leaves = len(groups)
        nodes = []
        for index, group in enumerate(groups, 1):
            nodes.append(
                node(-1, 1, [part for _, part in group], index + 1 if index < leaves else 0, index - 1)
            )
        root = 1 if leaves else 0
        if leaves > 1:
            pointers = [
                group[0][0] + b"\0" * (len(group[0][0]) % 2) + struct.pack(">I", index)
                for index, group in enumerate(groups, 1)
            ]
            nodes.append(node(0, 2, pointers))
            root = leaves + 1
        header = struct.pack(
            ">HIIIIHHII", 2 if leaves > 1 else min(leaves, 1), root, len(records), min(leaves, 1), leaves, self.NODE,
            key_length, len(nodes) + 1, 0,
        )  # fmt: skip
        header = header.ljust(106, b"\0")
        return node(1, 0, [header, b"\0" * 128, b"\xff" * (self.NODE - 14 - 106 - 128 - 8)]) + b"".join(nodes)

    def bytes(self):
        root = struct.pack(">HHII", 1, 0, len(self.records), 2).ljust(88, b"\0")
        thread = struct.pack(">HHI", 3, 0, 1) + struct.pack(">H", 3) + "zoo".encode("utf-16-be")
        name = struct.pack(">IH", 1, 3) + "zoo".encode("utf-16-be")
        empty = struct.pack(">IH", 2, 0)
        records = [((1, "zoo"), struct.pack(">H", len(name)) + name, root)]
        records += [((2, ""), struct.pack(">H", len(empty)) + empty, thread), *self.records]
        records = [(key, data) for _, key, data in sorted(records)]
        fragment, self.fragment = self.fragment, 0
        catalog = self.place(self.tree(records, 516))
        overflow = self.place(self.tree(sorted(self.overflow), 10))
        attributes = self.place(self.tree(sorted(self.attributes), 266)) if self.attributes else b"\0" * 80
        self.fragment = fragment
        total = self.next + 2
        header = struct.pack(">2sHIIIIIII", b"H+", 4, 0x100, 0x31302E30, 0, 0xD0000000, 0xD0000000, 0, 0xD0000000)
        header += struct.pack(">IIIII", len(self.records), 0, BLOCK, total, 1) + struct.pack(">IIIIIQ", 0, 0, 0, self.number, 1, 1)
        header += b"\0" * 32
        header = header.ljust(112, b"\0") + b"\0" * 80 + overflow + catalog + attributes + b"\0" * 80
        image = bytearray(total * BLOCK)
        image[1024 : 1024 + len(header)] = header
        image[-1024 : -1024 + len(header)] = header
        for block, data in self.area:
            image[block * BLOCK : block * BLOCK + len(data)] = data
        return bytes(image)


def volume(data, name="payload.com", **options):
    disk = Volume(options.pop("fragment", 0))
    disk.add("Read me.txt", prose(900))
    disk.add(name, data, **options)
    return disk.bytes()


def decmpfs(kind, data, value=b""):
    return b"fpmc" + struct.pack("<IQ", kind, len(data)) + value


def compressed_forks(data):
    """The resource fork of a file that is compressed by zlib in blocks of 64 KiB."""
    parts = [zlib.compress(data[start : start + 65536]) for start in range(0, len(data), 65536)]
    table, offset = b"", 4 + 8 * len(parts)
    for part in parts:
        table += struct.pack("<II", offset, len(part))
        offset += len(part)
    body = struct.pack("<I", len(parts)) + table + b"".join(parts)
    header = struct.pack(">IIII", 0x100, 0x104 + len(body), 4 + len(body), 50).ljust(0x100, b"\0")
    return header + struct.pack(">I", len(body)) + body + b"\0" * 50


def apple_map(content, kind=b"Apple_HFS"):
    """A disk with an Apple partition map and one volume."""
    start, count = 64, len(content) // 512
    entry = lambda name, kind, first, number: b"PM\0\0" + struct.pack(">III", 2, first, number) + (
        name.ljust(32, b"\0") + kind.ljust(32, b"\0")
    ) + struct.pack(">III", 0, number, 0x33)
    head = b"ER" + struct.pack(">HI", 512, start + count)
    head = head.ljust(512, b"\0") + entry(b"Apple", b"Apple_partition_map", 1, 63).ljust(512, b"\0")
    head += entry(b"disk image", kind, start, count).ljust(512, b"\0")
    return head.ljust(start * 512, b"\0") + content


def guid_table(content):
    """A disk with a GUID partition table and one volume."""
    start, count = 40, len(content) // 512
    record = b"\0" * 446 + struct.pack("<BBBBBBBBII", 0, 0, 2, 0, 0xEE, 0xFF, 0xFF, 0xFF, 1, start + count - 1)
    record = record.ljust(510, b"\0") + b"\x55\xaa"
    hfs = bytes.fromhex("005346480000AA11AA1100306543ECAC")
    entry = (hfs + b"u" * 16 + struct.pack("<QQQ", start, start + count - 1, 0)).ljust(128, b"\0")
    header = b"EFI PART" + struct.pack("<IIIIQQQQ16sQIII", 0x10000, 92, 0, 0, 1, start + count, start, start + count - 1, b"g" * 16, 2, 4, 128, 0)
    return record + header.ljust(512, b"\0") + entry.ljust(512 * (start - 2), b"\0") + content


def boot_record(content, kind):
    record = b"\0" * 446 + struct.pack("<BBBBBBBBII", 0, 0, 2, 0, kind, 0, 0, 0, 8, len(content) // 512)
    return (record.ljust(510, b"\0") + b"\x55\xaa").ljust(8 * 512, b"\0") + content


PACKING = {
    "zlib": (0x80000005, zlib.compress),
    "bzip2": (0x80000006, bz2.compress),
    "lzma": (0x80000008, lzma.compress),
    "raw": (1, bytes),
    "adc": (0x80000004, lambda data: b"".join(bytes([0x80 | len(part) - 1]) + part for part in cut(data, 128))),
    "lzfse": (0x80000007, lambda data: b"bvx-" + struct.pack("<I", len(data)) + data + b"bvx$"),
    "lzvn": (0x80000007, lambda data: lzvn_block(data)),
    "unknown": (0x80000009, bytes),
}


def cut(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


def lzvn_block(data):
    packed = b"".join(bytes([0xE0, len(part) - 16]) + part for part in cut(data, 256)) + b"\x06" + b"\0" * 7
    return b"bvxn" + struct.pack("<II", len(data), len(packed)) + packed + b"bvx$"


def udif(disk, packing="zlib", pieces=1, head=b"", shift=0):
    """An Apple disk image with `pieces` block tables."""
    kind, pack = PACKING[packing]
    data, tables = head, []
    sectors = len(disk) // 512
    step = -(-sectors // pieces)
    for first in range(0, sectors, step):
        part = disk[first * 512 : (first + step) * 512]
        runs = b""
        for number, piece in enumerate(cut(part, 64 << 10)):
            if not piece.strip(b"\0"):
                runs += struct.pack(">IIQQQQ", 0, 0, number * 128, len(piece) // 512, len(data), 0)
                continue
            packed = pack(piece)
            runs += struct.pack(">IIQQQQ", kind, 0, number * 128, len(piece) // 512, len(data), len(packed))
            data += packed
        runs += struct.pack(">IIQQQQ", 0xFFFFFFFF, 0, len(part) // 512, 0, len(data), 0)
        table = struct.pack(">4sIQQQII", b"mish", 1, first + (shift if tables else 0), len(part) // 512, 0, 520, len(tables))
        tables.append(table.ljust(200, b"\0") + struct.pack(">I", len(runs) // 40) + runs)
    items = "".join(
        f"<dict><key>Attributes</key><string>0x0050</string><key>Data</key>\n<data>\n"
        f"{base64.encodebytes(table).decode()}</data><key>ID</key><string>{number}</string></dict>"
        for number, table in enumerate(tables)
    )
    plist = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" '
        '"http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n<plist version="1.0"><dict><key>resource-fork</key><dict>'
        f"<key>blkx</key><array>{items}</array><key>plst</key><array/></dict></dict></plist>\n"
    ).encode()
    koly = struct.pack(">4sIIIQQQQQII16s", b"koly", 4, 512, 1, 0, 0, len(data), 0, 0, 1, 1, b"s" * 16).ljust(216, b"\0")
    koly += struct.pack(">QQ", len(data), len(plist)).ljust(272, b"\0") + struct.pack(">IQ", 1, sectors)
    return data + plist + koly.ljust(512, b"\0")


def bridge(files):
    """An image with the same files in an ISO 9660 tree and in a UDF volume."""
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "files"))
        for name, data in files:
            with open(os.path.join(folder, "files", name), "wb") as file:
                file.write(data)
        command = ["genisoimage", "-quiet", "-udf", "-J", "-r", "-o", "out.iso", "files"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        with open(os.path.join(folder, "out.iso"), "rb") as file:
            return file.read()


def udf(files):
    """The same without its ISO 9660 descriptors."""
    image = bytearray(bridge(files))
    for block in range(16, 32):
        if image[block * 2048 + 1 : block * 2048 + 6] == b"CD001":
            image[block * 2048 : (block + 1) * 2048] = bytes(2048)
    return bytes(image)


def onenote(data, store=True):
    """A section of OneNote, as far as its embedded files go ([MS-ONESTORE], 2.6.13)."""
    form = "3fdd9a101b91f549a5d01791edc8aed8" if store else "2fe98d63d4a6c14b9a36b3fc2511a5b7"
    head = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + noise(32, 9) + bytes.fromhex(form)
    if not store:
        return head.ljust(1024, b"\0") + data
    body = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac") + struct.pack("<QIQ", len(data), 0, 0) + data
    body += b"\0" * (-len(data) % 8) + bytes.fromhex("22a7fb71790f0b4abb13899256426b24")
    return head.ljust(1024, b"\0") + body + bytes(512)


def cut_extra(name, data):
    """A ZIP of one entry whose extra fields end in a byte that belongs to no record, as some writers in Java leave it."""
    sum, extra = zlib.crc32(data), b"\x7f"
    common = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0x21, sum, len(data), len(data), len(name), len(extra))
    local = b"PK\3\4" + common + name.encode() + extra + data
    entry = b"PK\1\2" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, 0)
    entry += name.encode() + extra
    return local + entry + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(local), 0)


def coded():
    """An image whose one run is coded by finite state entropy."""
    kind, _ = PACKING["lzfse"]
    PACKING["coded"] = (kind, lambda _: lzfse_volume.PACKED)
    image = udif(b"\1" * (lzfse_volume.SECTORS * 512), "coded")
    del PACKING["coded"]
    return image


def add_all(zoo, hidden):
    zoo.add("image/lzfse-coded.dmg", coded())
    large = noise(70_000, 3) + hidden  # of several blocks
    zoo.add("image/hfs-plus.img", volume(hidden))
    zoo.add("image/resource-fork.img", volume(b"words", resource=hidden))
    zoo.add("image/fragments.img", fragments(hidden))
    zoo.add("image/many-files.img", many(hidden))
    zoo.add("image/decmpfs-inline.img", volume(b"", compressed=decmpfs(3, hidden, zlib.compress(hidden))))
    zoo.add("image/decmpfs-stored.img", volume(b"", compressed=decmpfs(3, hidden, b"\xff" + hidden)))
    zoo.add("image/decmpfs-resource.img", volume(b"", resource=compressed_forks(hidden), compressed=decmpfs(4, hidden)))
    zoo.add("image/decmpfs-unknown.img", volume(b"", compressed=decmpfs(99, hidden, zlib.compress(hidden))))
    zoo.add("image/apple-map.img", apple_map(volume(hidden)))
    zoo.add("image/guid-table.img", guid_table(volume(hidden)))
    zoo.add("image/boot-record.img", boot_record(volume(hidden), 0xAF))
    zoo.add("image/unknown-partition.img", boot_record(noise(20_480), 0x83))
    for packing in PACKING:
        zoo.add(f"image/{packing}.dmg", udif(guid_table(volume(hidden)), packing))
    zoo.add("image/volume.dmg", udif(volume(hidden)))
    zoo.add("image/tables.dmg", udif(apple_map(volume(hidden)), pieces=3))
    zoo.add("image/overlapping.dmg", udif(volume(hidden), pieces=2, shift=-1))
    zoo.add("image/stream-before-runs.dmg", udif(volume(b"words"), head=formats.gzipped(hidden)))
    zoo.add("image/one.dmg.zip", formats_zip("a.dmg", udif(guid_table(volume(hidden)))))
    zoo.add("image/one.dmg.zip.tar", formats.tar([("b.zip", formats_zip("a.dmg", udif(guid_table(volume(hidden)))))]))
    zoo.add("image/innocent.dmg", udif(guid_table(volume(large[:70_000]))))
    zoo.add("image/innocent.img", many(b"words"))
    words = ("Read me.txt", prose(5000))
    zoo.add("image/bridge.iso", bridge([words, ("payload.com", hidden)]))
    zoo.add("image/udf.img", udf([words, ("payload.com", hidden)]))
    zoo.add("image/udf.img.zip", formats_zip("a.img", udf([("payload.com", hidden)])))
    zoo.add("image/udf.img.zip.tar", formats.tar([("b.zip", formats_zip("a.img", udf([("payload.com", hidden)])))]))
    zoo.add("image/innocent-bridge.iso", bridge([words]))
    zoo.add("image/section.one", onenote(hidden))
    zoo.add("image/section.one.zip", formats_zip("a.one", onenote(hidden)))
    zoo.add("image/section.one.zip.tar", formats.tar([("b.zip", formats_zip("a.one", onenote(hidden)))]))
    zoo.add("image/section-in-section.one", onenote(onenote(hidden)))
    zoo.add("image/server-section.one", onenote(zlib.compress(hidden), store=False))
    zoo.add("image/cut-section.one", onenote(hidden)[:1500])
    zoo.add("image/innocent.one", onenote(prose(700)))
    zoo.add("image/streams.zlib", zlib.compress(prose(400)) * 30 + zlib.compress(hidden))
    zoo.add("image/innocent-streams.zlib", zlib.compress(prose(400)) * 30)
    zoo.add("image/cut-extra.zip", cut_extra("payload.com", hidden))
    zoo.add("image/innocent-cut-extra.zip", cut_extra("words.txt", prose(300)))
    zoo.add("image/behind-noise.img", noise(777) + volume(hidden))
    zoo.add("image/map-behind-noise.img", noise(777) + apple_map(volume(hidden)))
    zoo.add("image/before-noise.dmg", udif(volume(hidden)) + noise(600))
    zoo.add("image/behind-noise.dmg", noise(77) + udif(volume(hidden)) + noise(600))
    zoo.add("image/stream.zlib", zlib.compress(hidden))
    zoo.add("image/stream.zlib.zip", formats_zip("a.zlib", zlib.compress(hidden)))
    zoo.add("image/stream.zlib.tar", formats.tar([("a.zlib.gz", formats.gzipped(zlib.compress(hidden)))]))
    zoo.add("image/cut-stream.zlib", zlib.compress(noise(5000) + hidden)[:3000])
    zoo.add("image/like-a-stream.bin", b"\x78\x9c" + noise(5000))


def formats_zip(name, data):
    import loops

    return loops.zipped(name, data)


def fragments(hidden):
    """A file of twelve extents, four of them in the extents file."""
    disk = Volume(fragment=1)
    disk.add("long.bin", noise(11 * BLOCK, 5) + hidden)
    disk.add("payload.com", hidden)
    return disk.bytes()


def many(data):
    """A catalog of several leaves."""
    disk = Volume()
    for number in range(120):
        disk.add(f"file {number:03}.txt", prose(40, number))
    disk.add("payload.com", data)
    return disk.bytes()
