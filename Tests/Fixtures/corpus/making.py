"""What the files of applications are made of: noise, packages, databases, boxes, pictures."""

import hashlib
import io
import os
import sqlite3
import struct
import tarfile
import tempfile
import zipfile
import zlib

from documents import TEXT

OCTETS = ["application/octet-stream"]


def noise(count: int, seed: int = 1) -> bytes:
    return b"".join(hashlib.sha256(struct.pack("<II", seed, number)).digest() for number in range(count // 32 + 1))[:count]


def zipped(members, method=zipfile.ZIP_DEFLATED, *, align=0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, body in members.items():
            entry = zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6))
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else method
            if align:
                start = out.tell() + 30 + len(name) + 4
                entry.extra = struct.pack("<HH", 0x1986, -start % align) + bytes(-start % align)
            archive.writestr(entry, body)
    return out.getvalue()


def tarred(members, mode="w", form=tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:
        for name, body in members.items():
            entry = tarfile.TarInfo(name)
            if body is None:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            else:
                entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body or b""))
    return out.getvalue()


def base(*statements) -> bytes:
    path = tempfile.mktemp(prefix="lazaret-corpus-")
    with sqlite3.connect(path) as store:
        for statement in statements:
            store.execute(*(statement if isinstance(statement, tuple) else (statement,)))
    store.close()
    with open(path, "rb") as file:
        body = file.read()
    os.remove(path)
    return body


def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def full(kind: bytes, body: bytes = b"", version=0, flags=0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags) + body)


def jpeg() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.frombytes("RGB", (40, 30), noise(3600)).save(out, "JPEG")
    return out.getvalue()


def png(size=(40, 30), seed=1) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.frombytes("RGB", size, noise(size[0] * size[1] * 3, seed)).save(out, "PNG")
    return out.getvalue()


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def raw(body: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(body) + packer.flush()
