"""Each container with its end cut off. The missing part was not inspected, so that none of these may be clean."""

import bz2
import gzip
import lzma
import tarfile
import zlib

import containers
import formats
import zips
from animals import noise, prose
from packing import filtered, libarchive, sevenzip

CUTS = (25, 50, 75, 99)


def whole():
    """Returns each container by name. All members, including the last one, are harmless and not short."""
    members = [("one.txt", prose(30_000, 1)), ("two.bin", noise(9_000, 2)), ("three.txt", prose(30_000, 3))]
    stream = prose(30_000, 1) + noise(9_000, 2)
    tar = formats.tar(members)
    newc = formats.cpio(members, "newc")
    return {
        "zip-stored.zip": zips.archive(members, zips.STORED),
        "zip-deflated.zip": zips.archive(members),
        "zip-bzip2.zip": zips.archive(members, zips.BZIP2),
        "zip-lzma.zip": zips.archive(members, zips.LZMA),
        "zip-descriptor.zip": zips.build([zips.Entry(*member, descriptor=True) for member in members]),
        "docx.docx": zips.archive([*containers.office("word/document.xml"), *members]),
        "7z-lzma.7z": sevenzip(members, "-m0=LZMA"),
        "7z-copy.7z": sevenzip(members, "-m0=Copy"),
        "7z-bzip2.7z": sevenzip(members, "-m0=BZip2"),
        "tar.tar": tar,
        "tar-pax.tar": formats.tar(members, tarfile.PAX_FORMAT),
        "tar.gz": gzip.compress(tar, mtime=0),
        "tar.zst": filtered(tar, "zstd"),
        "one.gz": gzip.compress(stream, mtime=0),
        "one.bz2": bz2.compress(stream),
        "one.xz": lzma.compress(stream),
        "one.lzma": lzma.compress(stream, lzma.FORMAT_ALONE),
        "one.lz": filtered(stream, "lzip"),
        "one.zst": filtered(stream, "zstd"),
        "one.lz4": filtered(stream, "lz4"),
        "one.Z": filtered(stream, "compress"),
        "two-members.gz": gzip.compress(stream) + gzip.compress(stream),
        "ar.a": formats.ar(members),
        "newc.cpio": newc,
        "odc.cpio": formats.cpio(members, "odc"),
        "deb.deb": formats.ar(
            [
                ("debian-binary", b"2.0\n"),
                ("control.tar.gz", gzip.compress(formats.tar([("control", b"a")]))),
                ("data.tar.xz", lzma.compress(tar)),
            ]
        ),
        "rpm.rpm": formats.rpm(gzip.compress(newc, mtime=0)),
        "iso.iso": libarchive("iso9660", members, options="iso9660:!pad"),
        "stored.cab": formats.cab(members),
        "mszip.cab": formats.cab(members, packed=True),
        "xar.xar": libarchive("xar", members),
        "lh0.lzh": formats.lha(members),
        "stored.arj": formats.arj(members),
        "rar4.rar": formats.rar4(members),
        "rar5.rar": formats.rar5(members),
        "pdf.pdf": containers.pdf_with(stream, b"/FlateDecode"),
        "zip-in-zip.zip": None,
    }


def add_all(zoo):
    for name, data in whole().items():
        stem, _, kind = name.rpartition(".")
        if data is None:  # a whole archive around one that is cut counts as cut
            inner = zips.archive([("one.txt", prose(30_000, 1)), ("two.bin", noise(9_000, 2))])
            for cut in CUTS:
                zoo.add(f"truncated/{stem}-{cut}.{kind}", zips.archive([("i.zip", inner[: len(inner) * cut // 100])]))
            zoo.add(f"truncated/{stem}-last.{kind}", zips.archive([("i.zip", inner[:-1])]))
            continue
        for cut in CUTS:
            zoo.add(f"truncated/{stem}-{cut}.{kind}", data[: len(data) * cut // 100])
        zoo.add(f"truncated/{stem}-last.{kind}", data[:-1])
    # Damage that keeps the length.
    members = [("one.txt", prose(30_000, 1)), ("two.bin", noise(9_000, 2))]
    for name, data in {
        "one.gz": gzip.compress(noise(9_000, 2), mtime=0),
        "one.bz2": bz2.compress(noise(9_000, 2)),
        "one.xz": lzma.compress(noise(9_000, 2)),
        "7z.7z": sevenzip(members),
        "one.zst": filtered(prose(90_000), "zstd"),
        "zip.zip": zips.archive(members),
        "rar5.rar": formats.rar5(members),
        "one.lz4": filtered(prose(90_000), "lz4"),
    }.items():
        middle = len(data) // 2
        zoo.add(
            f"damaged/{name}",
            data[:middle] + bytes(byte ^ 0xFF for byte in data[middle : middle + 16]) + data[middle + 16 :],
        )
    # The first of several volumes: the rest is elsewhere.
    zoo.add("volume/rar5.rar", formats.rar5([("a.bin", noise(4_000))], volume=True))
    cabinet = formats.cab([("a.txt", prose(4_000))])
    zoo.add("volume/cab.cab", cabinet[:30] + b"\2" + cabinet[31:])
    zoo.add("volume/7z.001", sevenzip(members)[:6_000])
    zoo.add("volume/zip.z01", b"PK\7\10" + zips.archive(members)[:6_000])
    # Truncated media and programs.
    rows = zlib.compress(noise(40_000, 8))
    picture = formats.png(200, 200, rows=rows)
    zoo.add("broken/png-half.png", picture[: len(picture) // 2])
    photo = formats.jpeg(formats.jpeg_segment(0xFE, noise(4_000)))
    zoo.add("broken/jpeg-half.jpeg", photo[: len(photo) // 2])
    animation = formats.gif(noise(4_000))
    zoo.add("broken/gif-half.gif", animation[: len(animation) // 2])
    with open("/bin/true", "rb") as file:
        program = file.read()
    zoo.add("broken/elf-headers-beyond-end", program[:64].ljust(200, b"\0"))
    zoo.add("broken/elf-section-entry-size", program[:54] + b"\x05\0" + program[56:])
    zoo.add("broken/pe-sections-beyond-end.exe", broken_pe())


def broken_pe():
    head = b"MZ" + b"\0" * 58 + (64).to_bytes(4, "little")
    coff = b"PE\0\0\x4c\1" + (3).to_bytes(2, "little") + b"\0" * 12 + (224).to_bytes(2, "little") + b"\x02\1"
    optional = (b"\x0b\1" + b"\0" * 14 + (0x1000).to_bytes(4, "little")).ljust(224, b"\0")
    section = b".text\0\0\0" + b"".join(value.to_bytes(4, "little") for value in (0x1000, 0x1000, 0x900000, 0x900000))
    return head + coff + optional + section.ljust(40, b"\0") * 3
