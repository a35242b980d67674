"""Encrypted content of each kind. It cannot be inspected, so that none of these may be clean."""

import hashlib
import os
import struct
import subprocess
import tempfile
import zlib

import containers
import formats
import zips
from animals import noise, prose
from compound import compound
from packing import sevenzip

PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def rc4(key, data):
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) & 255])
    return bytes(out)


def encrypted_pdf(payload, password, entries=b""):
    """The standard handler, revision 2: RC4 of 40 bits (PDF reference, 7.6)."""

    def padded(text):
        return (text + PADDING)[:32]

    identity, permissions = b"0123456789abcdef", -4
    owner = rc4(hashlib.md5(padded(b"owner")).digest()[:5], padded(password))
    key = hashlib.md5(padded(password) + owner + struct.pack("<i", permissions) + identity).digest()[:5]

    def stream(number, data, entries=b""):
        own = hashlib.md5(key + struct.pack("<I", number)[:3] + b"\0\0").digest()[:10]
        return formats.pdf_stream(rc4(own, data), entries)

    objects = [
        *formats.PDF_PAGES,
        stream(4, b"BT (Hello) Tj ET"),
        stream(5, payload, entries),
        (
            b"<< /Filter /Standard /V 1 /R 2 /P %d /O <%s> /U <%s> >>"
            % (permissions, owner.hex().encode(), rc4(key, PADDING).hex().encode())
        ),
    ]
    return formats.pdf(objects, b"/Encrypt 6 0 R /ID [<%s> <%s>]" % ((identity.hex().encode(),) * 2))


def office_package(agile=True):
    """An OOXML document in an encrypted package (MS-OFFCRYPTO): agile or standard."""
    if agile:
        xml = (
            b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><encryption '
            b'xmlns="http://schemas.microsoft.com/office/2006/encryption"><keyData saltSize="16" blockSize="16" '
            b'keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" '
            b'hashAlgorithm="SHA512"/></encryption>'
        )
        info = struct.pack("<HHI", 4, 4, 0x40) + xml
    else:
        provider = "Microsoft Enhanced RSA and AES Cryptographic Provider\0".encode("utf-16-le")
        header = struct.pack("<8I", 0x24, 0, 0x660E, 0x8004, 128, 0x18, 0, 0) + provider
        info = struct.pack("<HHII", 3, 2, 0x24, len(header)) + header + struct.pack("<I", 16) + noise(16 + 16 + 4 + 32)
    return compound({"EncryptionInfo": info, "EncryptedPackage": struct.pack("<Q", 9000) + noise(9008, 4)})


def word_binary(encrypted):
    """A Word 97 document as far as its file information block, with the flag fEncrypted."""
    flags = 0x1200 | (0x0100 if encrypted else 0)
    block = struct.pack("<HHHHHHHI", 0xA5EC, 0xC1, 0, 0x0409, 0, flags, 0xBF, 0x13)
    content = noise(6000, 5) if encrypted else prose(6000)
    return compound({"WordDocument": block.ljust(512, b"\0") + content, "1Table": b"\1\0\1\0" + content[:5000]})


def excel_binary(encrypted):
    """An Excel 97 workbook of a few records, with FilePass if encrypted."""

    def record(kind, data):
        return struct.pack("<HH", kind, len(data)) + data

    book = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0x2000, 1997, 0, 6))
    if encrypted:
        book += record(0x2F, struct.pack("<HHH", 1, 1, 1) + noise(48))
    return compound({"Workbook": book + record(0xFC, noise(6000, 6) if encrypted else prose(6000)) + record(0x0A, b"")})


def zipcrypto(members, encrypt):
    """An archive by Info-ZIP in which the members named in `encrypt` are encrypted."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in members:
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
            password = ["-P", "secret"] if name in encrypt else []
            subprocess.run(["zip", "-q", *password, "out.zip", name], cwd=folder, check=True)
        with open(os.path.join(folder, "out.zip"), "rb") as file:
            return file.read()


def add_all(zoo, payload):
    plain = ("plain.txt", prose(3000, 5))
    members = [plain, ("payload.bin", payload), ("third.txt", prose(2000, 6))]

    def add(name, data):
        zoo.add(f"encrypted/{name}", data)

    legacy = zipcrypto(members, [name for name, _ in members])
    add("zipcrypto.zip", legacy)
    add("zipcrypto-one-of-three.zip", zipcrypto(members, ["payload.bin"]))
    add("zipcrypto-eicar-beside.zip", zipcrypto([("e.com", zoo.eicar), ("payload.bin", payload)], ["payload.bin"]))
    add("zipcrypto-in-tar-gz.tar.gz", formats.gzipped(formats.tar([plain, ("i.zip", legacy)])))
    add("zip-aes.zip", sevenzip(members, "-mem=AES256", "-psecret", type="zip"))
    add("zip-aes128.zip", sevenzip(members, "-mem=AES128", "-psecret", type="zip"))
    add("zip-aes-in-zip.zip", zips.archive([("i.zip", sevenzip(members, "-mem=AES256", "-psecret", type="zip"))]))
    add("zip-strong.zip", zips.build([zips.Entry("a", noise(600), flags=0x41, packed=noise(600))]))
    add("zip-central-directory.zip", zips.build([zips.Entry("a", noise(600), flags=0x2041, packed=noise(600))]))
    add("7z-data.7z", sevenzip(members, "-psecret"))
    add("7z-header.7z", sevenzip(members, "-psecret", "-mhe=on"))
    add("7z-stored.7z", sevenzip(members, "-psecret", "-m0=Copy"))
    add("7z-in-zip.zip", zips.archive([("i.7z", sevenzip(members, "-psecret"))]))
    add("rar4-data.rar", formats.rar4([("p.bin", noise(640))], encrypted=True))
    add("rar4-header.rar", formats.rar4([("p.bin", noise(640))], encrypted_headers=True))
    add("rar5-data.rar", formats.rar5([("p.bin", noise(640))], encrypted=True))
    add("rar5-header.rar", formats.rar5([("p.bin", noise(640))], encrypted_headers=True))
    add("rar5-in-zip.zip", zips.archive([("i.rar", formats.rar5([("p.bin", noise(640))], encrypted=True))]))
    add("pdf-user-password.pdf", encrypted_pdf(payload, b"secret"))
    add("pdf-in-zip.zip", zips.archive([("i.pdf", encrypted_pdf(payload, b"secret"))]))
    add("pdf-empty-password.pdf", encrypted_pdf(zoo.eicar, b""))
    add("pdf-empty-password-flate.pdf", encrypted_pdf(zlib.compress(zoo.eicar, 9), b"", b"/Filter /FlateDecode"))
    add("pdf-empty-password-innocent.pdf", encrypted_pdf(plain[1], b""))
    add("ooxml-agile.docx", office_package())
    add("ooxml-standard.xlsx", office_package(agile=False))
    add("ooxml-in-zip.zip", zips.archive([("i.docx", office_package())]))
    add("ooxml-in-eml.eml", containers.mail("base64", office_package()))
    add("word-97.doc", word_binary(True))
    add("word-97-in-zip.zip", zips.archive([("i.doc", word_binary(True))]))
    add("excel-97.xls", excel_binary(True))
    key = (
        b'<manifest:file-entry manifest:full-path="Pictures/p.bin" manifest:media-type="" manifest:size="640">'
        b'<manifest:encryption-data manifest:checksum-type="SHA1/1K" manifest:checksum="AAAA"><manifest:algorithm '
        b'manifest:algorithm-name="Blowfish CFB"/></manifest:encryption-data></manifest:file-entry>'
    )
    add("open-document.odt", containers.open_document([("Pictures/p.bin", noise(640))], key))
    add(
        "open-document-in-zip.zip",
        zips.archive([("i.odt", containers.open_document([("Pictures/p.bin", noise(640))], key))]),
    )
    entry = zips.Entry
    add("zip-flag-alone.zip", zips.build([entry(*plain), entry("p.bin", payload, flags=1)]))
    add("zip-flag-in-directory-alone.zip", zips.build([entry(*plain), entry("p.bin", payload, central={"flags": 1})]))
    zoo.add(
        "encrypted/allowed-zip64-beside.zip",
        zips.build([entry("a.bin", noise(600), flags=1, packed=noise(612)), entry("p.bin", payload, zip64=True)]),
        encrypted="allow",
    )
    for name, other in (
        ("7z.7z", "7z-data.7z"),
        ("rar5.rar", "rar5-data.rar"),
        ("pdf.pdf", "pdf-user-password.pdf"),
        ("ooxml.docx", "ooxml-agile.docx"),
    ):
        zoo.again(f"encrypted/allowed-{name}", f"encrypted/{other}", encrypted="allow")
    zoo.again("encrypted/allowed-zipcrypto.zip", "encrypted/zipcrypto.zip", encrypted="allow")
