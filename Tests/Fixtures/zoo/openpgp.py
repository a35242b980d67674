"""OpenPGP by GnuPG and by hand, and other encrypted forms by their own tools; keys and signatures beside them."""

import bz2
import os
import struct
import subprocess
import tempfile
import zlib

from animals import noise, prose
from documents import adder

# The header of an Access database from byte 24 on is obscured by this, the key stream of a fixed RC4 key.
MASK = bytes.fromhex(
    "b56f03626108c255eba96772433f009c7a9f90ff809a31c579baed30bcdfcc9d63d9e4c37b42fb8abc4e86fbec375d44"
)


def packet(tag, body):
    """In the new format, with a definite length."""
    size = len(body)
    if size < 192:
        return bytes([0xC0 | tag, size]) + body
    return bytes([0xC0 | tag, 255]) + struct.pack(">I", size) + body


def old_packet(tag, body):
    return bytes([0x81 | tag << 2]) + struct.pack(">H", len(body)) + body


def chunked(tag, body):
    """With partial lengths of 512 bytes."""
    out = bytes([0xC0 | tag])
    while len(body) > 512:
        out, body = out + b"\xe9" + body[:512], body[512:]
    return out + packet(1, body)[1:]


def by_hand(add, payload):
    literal = b"b\x05a.exe\0\0\0\0" + payload
    deflated = zlib.compress(packet(11, literal))
    for name, data in {
        "new": packet(11, literal),
        "old": old_packet(11, literal),
        "open-ended": bytes([0xAF]) + literal,
        "chunked": chunked(11, literal),
        "odd-format": packet(11, b"\7" + literal[1:]),
        "junk-behind": packet(11, literal) + noise(200),
        "marker": packet(10, b"PGP") + packet(11, literal),
        "padding": packet(21, noise(30)) + packet(11, literal),
        "raw-deflate": packet(8, b"\1" + deflated[2:-4]),
        "zlib-chunked": chunked(8, b"\2" + deflated),
        "thrice": packet(8, b"\2" + zlib.compress(packet(8, b"\3" + bz2.compress(packet(8, b"\1" + deflated[2:-4]))))),
        "second": b"\xa3\2" + zlib.compress(packet(11, b"b\0\0\0\0\0words")) + packet(11, literal),
    }.items():
        add("hidden", f"{name}.pgp", data)


def by_gnupg(add, payload):
    with tempfile.TemporaryDirectory() as home:
        base = ["gpg", "--homedir", home, "--batch", "--pinentry-mode", "loopback", "--passphrase", "x"]

        def gpg(*arguments, data=payload):
            return subprocess.run([*base, *arguments], input=data, capture_output=True, check=True).stdout

        gpg("--quick-gen-key", "a@example.org", "default", "default", "never", data=b"")
        public = ["-e", "-r", "a@example.org", "--trust-model", "always"]
        for name, how in {"password": ["-c"], "key": public, "signed": ["-s", *public]}.items():
            add("encrypted", f"{name}.gpg", gpg(*how))
            armored = gpg("-a", *how)
            add("encrypted", f"{name}.asc", armored)
            letter = b"From: a@example.org\nTo: b@example.org\nSubject: x\nDate: Mon, 1 Jan 2024 00:00:00 +0000\n\nHello\n\n"
            add("encrypted", f"{name}.eml", letter + armored + b"\nBye\n")
        for method in ("uncompressed", "zip", "zlib", "bzip2"):
            for name, how in {"store": ["--store"], "sign": ["-s"]}.items():
                packed = ["--compress-algo", method, "-z", "9"]
                add("hidden", f"{name}-{method}.gpg", gpg(*how, *packed))
                add("hidden", f"{name}-{method}.txt", b"Look:\r\n" + gpg("-a", *how, *packed) + b"bye")
        add("clean", "key.gpg", gpg("--export"))
        add("clean", "key.asc", gpg("--export", "-a"))
        add("clean", "secret.asc", gpg("--export-secret-keys", "-a"))
        add("clean", "detached.sig", gpg("-b"))
        add("clean", "detached.asc", gpg("-b", "-a"))
        add("clean", "clear-signed.txt", gpg("--clearsign", data=prose(900)))
        add("clean", "stored.gpg", gpg("--store", data=prose(900)))
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, capture_output=True)


def by_tools(add, payload):
    with tempfile.TemporaryDirectory() as folder:
        key, disk = os.path.join(folder, "key"), os.path.join(folder, "disk")
        subprocess.run(["age-keygen", "-o", key], check=True, capture_output=True)
        with open(key) as file:
            recipient = next(line for line in file if "public" in line).split()[-1]

        def run(*arguments, data=payload):
            return subprocess.run(arguments, input=data, capture_output=True, check=True).stdout

        add("encrypted", "message.age", run("age", "-r", recipient))
        add("encrypted", "message.age.txt", b"words\n" + run("age", "-a", "-r", recipient))
        openssl = ["openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-k", "x"]
        add("encrypted", "salted.enc", run(*openssl))
        add("encrypted", "salted.txt", run(*openssl, "-a"))
        for kind in ("luks1", "luks2"):
            with open(disk, "wb") as file:
                file.truncate(20 << 20)
            cost = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]
            run("cryptsetup", "luksFormat", "--type", kind, "--batch-mode", *cost, disk, "-", data=b"secret")
            with open(disk, "rb") as file:
                head = file.read(1 << 20)
            add("encrypted", f"{kind}.img", head)
            if kind == "luks2":
                add("encrypted", "luks2-second-header.img", bytes(4096) + head[4096:])


def by_mark(add):
    def database(key, name=b"Standard Jet DB\0"):
        page = bytearray(4096)
        page[:20] = b"\0\1\0\0" + name
        page[20] = 1
        page[24 : 24 + len(MASK)] = MASK
        page[62:66] = bytes(a ^ b for a, b in zip(page[62:66], key))
        return bytes(page) + noise(8192)

    size = int.from_bytes(noise(8)[:4], "big")
    for name, data in {
        "aescrypt.aes": b"AES\2\0\0\x1bCREATED_BY\0aescrypt 3.0\0\0\0\0\x80" + bytes(128) + b"\0\0" + noise(400),
        "vault.yml": b"$ANSIBLE_VAULT;1.1;AES256\n62313365396662343061393464336163\n",
        "safe.kdbx": bytes.fromhex("03D9A29A67FB4BB5") + b"\1\0\4\0" + noise(300),
        "footer.parquet": b"PARE" + noise(300) + b"\x10\0\0\0PARE",
        "image.dmg": b"encrcdsa\0\0\0\2" + noise(600),
        "image-1.dmg": noise(900) + b"cdsaencr",
        "base.mdb": database(b"\1\2\3\4"),
        "base.accdb": database(b"\0\0\0\7", b"Standard ACE DB\0"),
        "bitlocker.img": b"\xeb\x58\x90-FVE-FS-" + noise(5000),
        "core-storage.img": b"\1\2\3\4\xff\xff\xff\xff\1\0\x10\0" + bytes(76) + b"CS" + noise(5000),
        "ecryptfs.bin": bytes(8) + struct.pack(">II", size, size ^ 0x3C81B7F5) + noise(8192),
    }.items():
        add("encrypted", name, data)
    add("clean", "plain.mdb", database(bytes(4)))
    add("clean", "about.txt", b"A message begins with\n-----BEGIN PGP MESSAGE-----\nand ends.\nSalted__ is openssl's.\n")
    add("clean", "aesthetics.txt", b"AESthetics\n" * 40)
    first = [0x84, 0x85, 0x8C, 0xA3, 0xA8, 0xAC, 0xC1, 0xC3, 0xC8, 0xCB, 0xD2]
    for number in range(33):
        add("clean", f"noise-{number}.bin", bytes([first[number % len(first)]]) + noise(3000, 100 + number))


def add_all(zoo, payload):
    add = adder(zoo)
    by_hand(add, payload)
    by_gnupg(add, payload)
    by_tools(add, payload)
    by_mark(add)
