"""The smallest whole programs, for what stands behind one: libclamav and libmagic find nothing wrong with them."""

import struct


def elf():
    """An ELF of 64 bits with one segment."""
    code = b"\xb8\x3c\0\0\0\x31\xff\x0f\x05".ljust(64, b"\x90")
    size = 64 + 56 + len(code)
    head = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    head += struct.pack("<HHIQQQIHHHHHH", 2, 0x3E, 1, 0x400078, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    return head + struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, size, size, 0x1000) + code


def pe():
    """A program for Windows of 32 bits with one section."""
    code = b"\xc3".ljust(512, b"\x90")
    dos = b"MZ".ljust(60, b"\0") + struct.pack("<I", 64)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x14C, 1, 0x65000000, 0, 0, 224, 0x0102)
    optional = struct.pack("<HBBIIIIII", 0x10B, 6, 0, 512, 0, 0, 0x1000, 0x1000, 0x2000)
    optional += struct.pack("<IIIHHHHHHIIIIHH", 0x400000, 0x1000, 512, 4, 0, 0, 0, 4, 0, 0, 0x2000, 512, 0, 3, 0)
    optional += struct.pack("<IIIIII", 0x100000, 0x1000, 0x100000, 0x1000, 0, 16) + bytes(128)
    section = b".text\0\0\0" + struct.pack("<IIIIIIHHI", 512, 0x1000, 512, 512, 0, 0, 0, 0, 0x60000020)
    return (dos + coff + optional + section).ljust(512, b"\0") + code
