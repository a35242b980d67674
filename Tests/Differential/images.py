"""Images of file systems and disks, written by their own tools, as small as these allow."""

import struct

from animals import prose
from packing import libarchive
from workbench import Workbench

_SECTOR = 512


def every_image(payload):
    """Returns each image by name. Its files are a plain text and the payload."""
    members = [("plain.txt", prose(900, 5)), ("payload.bin", payload)]
    found = {}
    with Workbench(members) as bench:
        for packer in ("gzip", "xz", "zstd", "lz4", "lzo"):
            bench.run(
                "mksquashfs",
                ".",
                f"../{packer}.squashfs",
                "-comp",
                packer,
                "-quiet",
                "-no-progress",
                "-all-root",
                "-processors",
                "1",
                "-no-xattrs",
            )
            found[f"squashfs-{packer}.squashfs"] = bench.read(f"{packer}.squashfs")
        bench.run("mkfs.erofs", "-zlz4", "-T0", "../image.erofs", ".")
        found["erofs.img"] = bench.read("image.erofs")
        for kind in ("ext2", "ext4"):
            bench.run(
                "mke2fs",
                "-q",
                "-t",
                kind,
                "-b",
                "1024",
                "-d",
                ".",
                "-U",
                "clear",
                "-O",
                "^has_journal",
                f"../{kind}.img",
                "128k",
            )
            found[f"{kind}.img"] = bench.read(f"{kind}.img")
        found["fat12.img"] = _fat(bench, "12", "160")
        found["fat-in-partition.img"] = _partitioned(found["fat12.img"])
        found["fat.vhd"] = _vhd(found["fat-in-partition.img"])
        found["hfs.img"] = _hfs(bench)
        for name, switches in (
            ("plain", []),
            ("rock-joliet", ["-J", "-R"]),
            ("udf", ["-udf"]),
            ("hfs", ["-hfs"]),
            ("hidden-in-joliet", ["-J", "-hide", "payload.bin"]),
        ):
            bench.run("genisoimage", "-quiet", *switches, "-o", f"../{name}.iso", ".")
            found[f"genisoimage-{name}.iso"] = bench.read(f"{name}.iso")
        found["zisofs.iso"] = libarchive("iso9660", members, options="zisofs")
        bench.run("wimlib-imagex", "capture", ".", "../image.wim", "--compress=LZX", "--no-acls")
        found["wimlib-lzx.wim"] = bench.read("image.wim")
    return found


def _fat(bench, bits, kilobytes):
    bench.run("mformat", "-C", "-i", "../fat.img", "-f", kilobytes, "-N", "1", "::")
    bench.run("mcopy", "-m", "-i", "../fat.img", "payload.bin", "plain.txt", "::")
    return bench.read("fat.img")


def _partitioned(image, start=8):
    """A disk with one partition, behind a master boot record."""
    entry = struct.pack("<BBBBBBBBII", 0x80, 0, 9, 0, 1, 0, 9, 2, start, len(image) // _SECTOR)
    record = bytes(446) + entry + bytes(48) + b"\x55\xaa"
    return record + bytes((start - 1) * _SECTOR) + image


def _vhd(image):
    """A fixed VHD: the disk and a footer with its checksum."""
    footer = bytearray(
        struct.pack(
            ">8sIIQI4sI4sQQHBBI",
            b"conectix",
            2,
            0x10000,
            0xFFFFFFFFFFFFFFFF,
            0,
            b"laza",
            0x10000,
            b"Wi2k",
            len(image),
            len(image),
            10,
            4,
            17,
            2,
        ).ljust(512, b"\0")
    )
    struct.pack_into(">I", footer, 64, ~sum(footer) & 0xFFFFFFFF)
    return image + bytes(footer)


def _hfs(bench):
    bench.write("hfs.img", bytes(819_200))
    bench.run("hformat", "-l", "zoo", "../hfs.img")
    bench.run("hmount", "../hfs.img")
    bench.run("hcopy", "-r", "payload.bin", ":")
    bench.run("humount")
    return bench.read("hfs.img")
