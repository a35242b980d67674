"""Containers over which libarchive loops: its memory or its time has no bound of its own."""

import io
import os
import struct
import subprocess
import tempfile
import zipfile
import zlib

import formats


def xar(toc, heap=b""):
    packed = zlib.compress(toc)
    return struct.pack(">4sHHQQI", b"xar!", 28, 1, len(packed), len(toc), 0) + packed + heap


def double_link():
    """A file of a XAR that is the original of hard links twice: the list of originals becomes a ring."""
    original = b'<type link="original">hardlink</type>'
    return xar(
        b'<?xml version="1.0"?><xar><toc><file id="1"><name>a</name>' + original * 2 + b"</file>"
        b'<file id="2"><name>b</name><type link="7">hardlink</type></file></toc></xar>'
    )


def continuation_ring():
    """An ISO image with Rock Ridge whose last continuation area continues in itself (SUSP, 5.1)."""
    with tempfile.TemporaryDirectory() as folder:
        os.symlink("/".join(["x" * 200] * 3), os.path.join(folder, "link"))
        image = bytearray(
            subprocess.run(["bsdtar", "-cf", "-", "--format=iso9660", "link"], cwd=folder, check=True, capture_output=True).stdout
        )
    mark = image.rindex(b"CE\x1c\x01")
    block, offset = struct.unpack_from("<I", image, mark + 4)[0], struct.unpack_from("<I", image, mark + 12)[0]
    area = b"NM\xcd\x01\x01" + b"n" * 200
    struct.pack_into("<I", image, mark + 20, len(area) + 28)
    struct.pack_into(">I", image, mark + 24, len(area) + 28)
    area += image[mark : mark + 28]
    image[block * 2048 + offset : block * 2048 + offset + len(area)] = area
    return bytes(image)


def empty_entries(number):
    """A ZIP of entries without bytes: the engine's listing takes the square of their number."""
    room = io.BytesIO()
    with zipfile.ZipFile(room, "w") as archive:
        for index in range(number):
            archive.writestr(zipfile.ZipInfo("d/%06d" % index), b"")
    return room.getvalue()


def zipped(name, data):
    room = io.BytesIO()
    with zipfile.ZipFile(room, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), data)
    return room.getvalue()


def add_all(zoo):
    ring = double_link()
    zoo.add("loop/double-link.xar", ring)
    zoo.add("loop/double-link.xar.zip", zipped("a.xar", ring))
    zoo.add("loop/double-link.xar.zip.tar", formats.tar([("b.zip", zipped("a.xar", ring))]))
    zoo.add("loop/continuation.iso", continuation_ring())
    zoo.add("loop/continuation.iso.zip", zipped("a.iso", continuation_ring()))
    zoo.add("loop/empty-entries.zip", empty_entries(30_000), timeout=20_000)
    zoo.add("loop/empty-entries.zip.tar", formats.tar([("b.zip", empty_entries(20_000))]), timeout=20_000)
    many = empty_entries(9_000)
    zoo.add("loop/eicar-and-empty-entries.zip", with_member(many, zoo.eicar), timeout=20_000)
    zoo.add("loop/eicar-and-empty-entries.zip.gz", formats.gzipped(with_member(many, zoo.eicar)), timeout=20_000)


def with_member(archive, data):
    room = io.BytesIO(archive)
    with zipfile.ZipFile(room, "a", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr(zipfile.ZipInfo("last.com"), data)
    return room.getvalue()
