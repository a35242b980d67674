"""Containers that neither libclamav nor libarchive reads: a header that `file` recognises, followed by noise."""

import struct

from animals import noise
import formats


def add_all(zoo):
    def add(name, data):
        zoo.add(f"sealed/{name}", data)

    def head(text):
        return text + noise(4000, 4)

    add("a.lzo", head(b"\x89LZO\0\r\n\x1a\n\x10\x30\x20\x60\x09\x40\x01\x05\x03\0\0\x0d"))
    add("a.lrz", head(b"LRZI\0\6" + bytes(18)))
    add("a.sz", head(b"\xff\x06\0\0sNaPpY"))
    add("a.zoo", head(b"ZOO 2.10 Archive.\x1a\0\0\xdc\xa7\xc4\xfd" + bytes(20)))
    add("a.sit", head(b"SIT!\0\1\0\0\x0f\xa0rLau\1"))
    add("a.sitx", head(b"StuffIt (c)1997-2002 Aladdin Systems, Inc., http://www.aladdinsys.com/StuffIt/\r\n"))
    add("a.ace", head(b"\x12\x34\x31\0\0\x90\x10**ACE**\x14\x14\2\0"))
    add("squash.img", head(squashfs()))
    add("disk.qcow2", head(b"QFI\xfb" + struct.pack(">IQIIQ", 2, 0, 0, 16, 10 << 20) + bytes(72)))
    add("disk.vmdk", head(b"KDMV" + struct.pack("<IIQQ", 1, 3, 20480, 128) + bytes(480)))
    add("disk.vhd", head(b"conectix" + struct.pack(">IIQI4sI4s", 2, 0x10000, 512, 0, b"zoo ", 1, b"Wi2k") + bytes(472)))
    add(
        "disk.vdi",
        (
            b"<<< Oracle VM VirtualBox Disk Image >>>\n".ljust(64, b"\0")
            + b"\x7f\x10\xda\xbe"
            + struct.pack("<II", 0x10001, 0x190)
        )
        + noise(4000),
    )
    add("fat.img", fat(noise(2048)))
    add("ext4.img", ext4())
    add("ntfs.img", b"\xeb\x52\x90NTFS    \0\2\x08" + bytes(496)[:496] + b"\x55\xaa" + noise(8000))
    add(
        "disk.mbr",
        bytes(440)
        + b"disk\0\0"
        + b"\x80\1\1\0\x83\xfe\xff\xff"
        + struct.pack("<II", 1, 15)
        + bytes(48)
        + b"\x55\xaa"
        + ext4()[:7680],
    )


def squashfs():
    return b"hsqs" + struct.pack("<IIIIHHHHHHQQ", 1, 0, 131072, 0, 1, 17, 0, 1, 4, 0, 0, 4096) + bytes(48)


def fat(content):
    boot = b"\xeb\x3c\x90MSDOS5.0" + struct.pack("<HBHBHHBHHHII", 512, 1, 1, 2, 16, 64, 0xF8, 1, 32, 2, 0, 0)
    boot += b"\x80\0\x29" + b"zoo!" + b"NO NAME    FAT12   "
    boot = boot.ljust(510, b"\0") + b"\x55\xaa"
    table = b"\xf8\xff\xff\x03\x40\x00\x05\xf0\xff".ljust(512, b"\0")
    root = (b"P       BIN\x20".ljust(26, b"\0") + struct.pack("<HI", 2, len(content))).ljust(512, b"\0")
    return (boot + table * 2 + root + content).ljust(64 * 512, b"\0")


def ext4():
    """A superblock at 1024 with the magic number and the features of ext4."""
    block = bytearray(1024)
    struct.pack_into("<IIIII", block, 0, 16, 64, 0, 30, 5)
    struct.pack_into("<III", block, 20, 1, 0, 0)
    struct.pack_into("<III", block, 32, 8192, 8192, 16)
    struct.pack_into("<HHH", block, 56, 0xEF53, 1, 1)
    struct.pack_into("<I", block, 76, 1)
    struct.pack_into("<III", block, 92, 0x3C, 0x2C2, 0x7B)
    return bytes(1024) + bytes(block) + noise(64 * 1024 - 2048)
