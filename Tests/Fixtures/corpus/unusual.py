"""Honest files of a shape that readers of their format easily trip over. `python unusual.py OUT HEX` writes them with the bytes HEX as
the content of the innermost file, so that a test can show that they are opened."""

import base64
import gzip
import hashlib
import hmac
import io
import itertools
import pathlib
import struct
import sys
import zipfile
import zlib

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "zoo"))

import images
import sectors

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PACKAGE = "application/vnd.android.package-archive"


def zipped(content: bytes, *, before=b"", between=b"", local=b"", central=b"") -> bytes:
    """A ZIP of two members: bytes before each, and in the extra fields of the local headers and of the directory."""
    out = io.BytesIO()
    out.write(before)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in (("AndroidManifest.xml", b"\3\0\x08\0" + bytes(20)), ("assets/note.bin", content)):
            entry = zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6))
            entry.compress_type, entry.extra = zipfile.ZIP_DEFLATED, local
            archive.writestr(entry, body)
            entry.extra = central
            archive.fp.write(between)
            archive.start_dir = archive.fp.tell()
    return out.getvalue()


def virtual_entry(length: int) -> bytes:
    """What Android's build tools leave where a member was: a local header without a name, and an extra field of zeros."""
    return b"PK\3\4" + struct.pack("<5H3I2H", 0, 0, 0, 0, 0, 0, 0, 0, 0, length) + bytes(length)


def archives(content: bytes):
    for length in (0, 1, 102, 4066):
        yield f"virtual-first-{length}.apk", zipped(content, before=virtual_entry(length)), [PACKAGE]
        yield f"virtual-between-{length}.apk", zipped(content, between=virtual_entry(length)), [PACKAGE]
    yield "virtual-twice.apk", zipped(content, before=virtual_entry(7), between=virtual_entry(0) * 3), [PACKAGE]
    time = b"UT\5\0\3\0\0\0\x65"
    for name, extra in (
        ("one-byte", b"\0"), ("two-bytes", b"\xca\xfe"), ("three-bytes", b"\0\0\1"), ("time-and-a-byte", time + b"\0"),
        ("time-and-three", time + b"\1\2\3"), ("java-mark", b"\xfe\xca\0\0"), ("aligned", b"\x35\xd9\6\0\4\0" + bytes(4)),
    ):  # fmt: skip
        for place, places in (("local", {"local": extra}), ("central", {"central": extra}), ("both", {"local": extra, "central": extra})):
            yield f"extra-{name}-{place}.zip", zipped(content, **places), ["application/zip"]


def disks(content: bytes):
    disk = images.volume(content, "Note.bin")
    for packing in ("zlib", "bzip2", "lzma", "adc", "raw"):
        yield f"app-{packing}.dmg", images.udif(disk, packing), ["application/x-apple-diskimage"]
    yield "app-whole-disk.dmg", images.udif(disk), ["application/x-apple-diskimage", "application/octet-stream"]
    yield "app-with-map.dmg", images.udif(images.apple_map(disk)), ["application/x-apple-diskimage"]
    yield "app-with-table.dmg", images.udif(images.guid_table(disk)), ["application/x-apple-diskimage"]


def aes(mode, key: bytes, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

    encryptor = Cipher(algorithms.AES(key), mode).encryptor()
    return encryptor.update(data + bytes(-len(data) % 16)) + encryptor.finalize()


PASSWORD = "VelvetSweatshop".encode("utf-16-le")


def spun(hash_name: str, salt: bytes, rounds: int) -> bytes:
    digest = hashlib.new(hash_name, salt + PASSWORD).digest()
    for number in range(rounds):
        digest = hashlib.new(hash_name, struct.pack("<I", number) + digest).digest()
    return digest


def agile(document: bytes, hash_name: str, name: str, key_bits: int) -> bytes:
    """[MS-OFFCRYPTO] 2.3.4.10 to 2.3.4.15."""
    from cryptography.hazmat.primitives.ciphers import modes

    salt, key_salt, key, verifier = bytes(range(16)), bytes(range(16, 32)), bytes(range(key_bits // 8)), bytes(range(50, 66))
    hashed = lambda data: hashlib.new(hash_name, data).digest()
    cut = lambda data, size: (data + b"\x36" * size)[:size]
    base = spun(hash_name, salt, 100_000)
    wrap = lambda block, data: base64.b64encode(
        aes(modes.CBC(salt), cut(hashed(base + bytes.fromhex(block)), key_bits // 8), data)).decode()
    size = hashlib.new(hash_name).digest_size
    package = struct.pack("<Q", len(document)) + b"".join(
        aes(modes.CBC(hashed(key_salt + struct.pack("<I", number))[:16]), key, document[start : start + 4096])
        for number, start in enumerate(range(0, len(document), 4096)))
    secret = bytes(range(size))
    sealed = lambda block, data: base64.b64encode(
        aes(modes.CBC(hashed(key_salt + bytes.fromhex(block))[:16]), key, data)).decode()
    code = hmac.new(secret, package, hash_name).digest()
    cipher = f'blockSize="16" keyBits="{key_bits}" hashSize="{size}" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" hashAlgorithm="{name}"'
    info = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" '
        'xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password">'
        f'<keyData saltSize="16" {cipher} saltValue="{base64.b64encode(key_salt).decode()}"/>'
        f'<dataIntegrity encryptedHmacKey="{sealed("5fb2ad010cb9e1f6", secret)}" encryptedHmacValue="{sealed("a0677f02b22c8433", code)}"/>'
        '<keyEncryptors><keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password">'
        f'<p:encryptedKey spinCount="100000" saltSize="16" {cipher} saltValue="{base64.b64encode(salt).decode()}" '
        f'encryptedVerifierHashInput="{wrap("fea7d2763b4b9e79", verifier)}" encryptedVerifierHashValue="{wrap("d7aa0f6d3061344e", hashed(verifier))}" '
        f'encryptedKeyValue="{wrap("146e0be7abacd0d6", key)}"/></keyEncryptor></keyEncryptors></encryption>'
    ).encode()
    return sectors.build({"EncryptionInfo": struct.pack("<HHI", 4, 4, 0x40) + info, "EncryptedPackage": package})


def standard(document: bytes, key_bits: int) -> bytes:
    """[MS-OFFCRYPTO] 2.3.4.5 to 2.3.4.9."""
    from cryptography.hazmat.primitives.ciphers import modes

    salt, verifier = bytes(range(16)), bytes(range(50, 66))
    final = hashlib.sha1(spun("sha1", salt, 50_000) + bytes(4)).digest()
    halves = [hashlib.sha1(bytes(byte ^ pad for byte in final.ljust(64, b"\0"))).digest() for pad in (0x36, 0x5C)]
    key = b"".join(halves)[: key_bits // 8]
    sealed = lambda data: aes(modes.ECB(), key, data)
    provider = "Microsoft Enhanced RSA and AES Cryptographic Provider\0".encode("utf-16-le")
    algorithm = {128: 0x660E, 192: 0x660F, 256: 0x6610}[key_bits]
    header = struct.pack("<8I", 0x24, 0, algorithm, 0x8004, key_bits, 0x18, 0, 0) + provider
    info = struct.pack("<HHII", 4, 2, 0x24, len(header)) + header
    info += struct.pack("<I", 16) + salt + sealed(verifier) + struct.pack("<I", 20) + sealed(hashlib.sha1(verifier).digest())
    return sectors.build({"EncryptionInfo": info, "EncryptedPackage": struct.pack("<Q", len(document)) + sealed(document)})


def workbooks(content: bytes):
    """Workbooks that were protected, not encrypted by a password of their own: Excel opens them without a question."""
    import openpyxl

    book = openpyxl.Workbook()
    for number in range(200):
        book.active.append([number, f"row {number}"])
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/media/image1.bin", content)
    for bits in (128, 256):
        yield f"protected-standard-{bits}.xlsx", standard(out.getvalue(), bits), [SHEET]
    for hash_name, name, bits in (("sha1", "SHA1", 128), ("sha256", "SHA256", 256), ("sha512", "SHA512", 256)):
        yield f"protected-{hash_name}-{bits}.xlsx", agile(out.getvalue(), hash_name, name, bits), [SHEET]


def mapi(*properties) -> bytes:
    """A list of MAPI properties ([MS-OXTNEF] 2.1.3.4): (tag, bytes), of variable length if the tag's type is."""
    text = struct.pack("<I", len(properties))
    for tag, value in properties:
        text += struct.pack("<I", tag)
        if tag & 0xFFFF in (0x1E, 0x1F, 0x102, 0x0D):
            text += struct.pack("<II", 1, len(value))
        text += value + bytes(-len(value) % 4)
    return text


def winmail(attachments, body=b"See the files.\0", cut=0) -> bytes:
    """`winmail.dat` with the attributes that Outlook writes ([MS-OXTNEF] 2.1.3)."""

    def attribute(level: int, number: int, value: bytes) -> bytes:
        return struct.pack("<BII", level, number, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)

    date = struct.pack("<7H", 2026, 1, 2, 3, 4, 5, 5)
    parts = [
        attribute(1, 0x00089006, struct.pack("<I", 0x10000)), attribute(1, 0x00069007, struct.pack("<II", 1252, 0)),
        attribute(1, 0x00078008, b"IPM.Microsoft Mail.Note\0"), attribute(1, 0x0004800D, b"\2\0"), attribute(1, 0x00038005, date),
        attribute(1, 0x00018004, b"Offer\0"), attribute(1, 0x0002800C, body),
        attribute(1, 0x00069003, mapi((0x0E1D001F, "Offer\0".encode("utf-16-le")), (0x00170003, struct.pack("<I", 1)))),
    ]  # fmt: skip
    for name, data in attachments:
        long_name = name.encode("utf-16-le") + b"\0\0"
        parts += [
            attribute(2, 0x00069002, struct.pack("<HI8x", 1, 0xFFFFFFFF)), attribute(2, 0x00038012, date),
            attribute(2, 0x00018010, name.encode() + b"\0"), attribute(2, 0x0006800F, data),
            attribute(2, 0x00069005, mapi((0x3707001F, long_name), (0x37050003, struct.pack("<I", 1)))),
        ]  # fmt: skip
    whole = struct.pack("<IH", 0x223E9F78, 1) + b"".join(parts)
    return whole[: len(whole) - cut]


def letters(content: bytes):
    files = [("note.bin", content), ("table.csv", b"a;b\n1;2\n"), ("empty.txt", b"")]
    types = ["application/ms-tnef", "application/vnd.ms-tnef"]
    yield "winmail.dat", winmail(files), types
    yield "winmail-one.dat", winmail(files[:1]), types
    yield "winmail-no-checksum-behind.dat", winmail(files, cut=2), types
    yield "winmail-meeting.dat", winmail([], body=b"Come at nine.\0"), types
    yield "winmail-zip.dat", winmail([("files.zip", zipped(content))]), types


def drawings(content: bytes):
    """SVG as Adobe Illustrator saves it: its own data as one stream of zlib, in pieces of base64 that are padded each."""
    noise = b"".join(hashlib.sha256(struct.pack("<I", number)).digest() for number in range(900))
    gradient = b"%_Br\r<\r09090808080808070707070606060707070606060606060505050505050505040404040404040404040404030303\r" * 30
    packed = zlib.compress(b"%!PS-Adobe-3.0\r" + gradient + noise + content)
    pieces = [base64.encodebytes(packed[start : start + 4096]) for start in range(0, len(packed), 4096)]
    data = b"\t]]>\r\n\t<![CDATA[\r\n\t".join(piece.replace(b"\n", b"\r\n") for piece in pieces)
    drawing = (
        b'<?xml version="1.0" encoding="utf-8"?>\r\n<svg xmlns="http://www.w3.org/2000/svg" xmlns:i="http://ns.adobe.com/AdobeIllustrator/10.0/">'
        b'<rect width="9" height="9"/>\r\n<i:pgf  id="adobe_illustrator_pgf">\r\n\t<![CDATA[\r\n\t' + data + b"\t]]>\r\n</i:pgf></svg>\r\n"
    )
    yield "illustrator.svg", drawing, ["image/svg+xml"]
    yield "illustrator.svgz", gzip.compress(drawing), ["image/svg+xml", "image/svg+xml-compressed"]


def pictures(content: bytes):
    """Pictures in other files, with a packed text of their own."""
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0))
    png += chunk(b"zTXt", b"Comment\0\0" + zlib.compress(content)) + chunk(b"IDAT", zlib.compress(bytes(52))) + chunk(b"IEND", b"")
    yield "text-in-icon.icns", b"icns" + struct.pack(">I", len(png) + 16) + b"ic08" + struct.pack(">I", len(png) + 8) + png, ["image/icns", "image/x-icns"]
    yield "text-in-icon.ico", struct.pack("<HHHBBBBHHII", 0, 1, 1, 4, 4, 0, 0, 1, 32, len(png), 22) + png, ["image/x-icon", "image/vnd.microsoft.icon"]
    frame = b"\0image/png\0\3\0" + png
    tag = b"APIC" + struct.pack(">IH", len(frame), 0) + frame
    size = bytes(len(tag) >> shift & 127 for shift in (21, 14, 7, 0))
    yield "text-in-cover.mp3", b"ID3\3\0\0" + size + tag + (b"\xff\xfb\x90\x00" + bytes(413)) * 8, ["audio/mpeg", "audio/mp3"]


def decks(content: bytes):
    """Slides that a later version of PowerPoint saved: each master has its theme beside it, as a ZIP."""
    themes = [zipped(bytes((number * step) & 255 for number in range(3000)) + content) for step in (3, 5, 7)]
    stream = b"".join(struct.pack("<HHI", 0, 0x040E, len(theme)) + theme for theme in themes) + struct.pack("<HHI", 15, 1000, 8) + bytes(8)
    types = ["application/vnd.ms-powerpoint"]
    for number in range(8):
        yield f"themes-{number}.ppt", sectors.build({"PowerPoint Document": stream, "Current User": bytes(40)}, seed=number), types
    whole = sectors.build({"PowerPoint Document": stream, "Current User": bytes(40)})
    yield "themes-in-order.ppt", whole, types
    # A sector of another stream in the first theme.
    sized = sectors.build({"Pictures": bytes(4608), "PowerPoint Document": stream})
    yield "themes-behind-pictures.ppt", sized, types


def themes(content: bytes):
    """Workbooks of Excel 97 that a later version saved, with a theme that is cut into records, and with pictures that are."""
    name = "application/vnd.ms-excel"

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def workbook(first: bytes, kind: int, further: int, body: bytes, head=b"", rest=b"") -> bytes:
        head, length = struct.pack("<HHQ", kind, 0, 0) + head if head else b"", 8224
        pieces = [record(kind, head + body[: length - len(head)])]
        body = body[length - len(head) :]
        before = struct.pack("<HHQ", further, 0, 0) if head else b""
        pieces += [record(further, before + body[at : at + 8212]) for at in range(0, len(body), 8212)]
        return record(0x809, struct.pack("<HHHHII", 0x600, 5, 4000, 1997, 0xC1, 0x306)) + first + b"".join(pieces) + rest + record(0x0A, b"")

    sums = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(1200))
    version = struct.pack("<I", 124226)
    for number, size in enumerate((0, 7_000, 9_000, 20_000, 38_000)):
        theme = zipped(sums[:size] + content)
        stream = workbook(record(0x42, b"\xb0\4"), 0x896, 0x87F, theme, version, record(0x23C, sums[:8000]) * 12)
        yield f"theme-{number}.xls", sectors.build({"Workbook": stream, "\5SummaryInformation": bytes(5000)}), [name]
        yield f"theme-apart-{number}.xls", sectors.build({"Workbook": stream, "Ctls": bytes(5000)}, seed=number), [name]
    picture = zipped(sums[:20_000] + content)
    yield "pictures.xls", sectors.build({"Workbook": workbook(b"", 0xEB, 0x3C, sums[:300] + picture)}), [name]


def rewritten(content: bytes):
    """What KDE's writer of ZIP leaves of a member that is written twice: the first one, which the directory does not list."""
    for name, first, last in (
        ("poster.kra", [("mimetype", b"application/x-krita"), ("preview.png", b"placeholder" + content)], [("preview.png", bytes(900)), ("maindoc.xml", b"<DOC/>")]),
        ("poster-first.kra", [("maindoc.xml", content * 3), ("maindoc.xml", content)], [("mimetype", b"application/x-krita"), ("maindoc.xml", b"<DOC/>")]),
        ("book.okular", [("content.xml", b"<x/>"), ("a.pdf", content), ("metadata.xml", b"<y/>"), ("metadata.xml", content + b" ")], [("a.pdf", bytes(300)), ("metadata.xml", b"<z/>")]),
    ):  # fmt: skip
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, body in first + last:
                archive.filelist = [entry for entry in archive.filelist if entry.filename != member]
                archive.NameToInfo.pop(member, None)
                archive.writestr(zipfile.ZipInfo(member, (2026, 1, 2, 3, 4, 6)), body, zipfile.ZIP_DEFLATED)
        yield name, out.getvalue(), ["application/x-krita", "application/zip"] if name.endswith("kra") else ["application/vnd.kde.okular-archive", "application/zip"]


def sheets(content: bytes):
    """XML with texts of letters and digits that are no Base64, although they would decode."""
    words = [base64.b64encode(start + bytes((number * 77 + 5) & 127 for number in range(40)))[:50].decode() for start in (
        b"\x1a\x08\x41\x42", b"\x1a\x09\x41\x42", b"\xa3\x01", b"\xa3\x02", b"\xa3\x03", b"\xc8\x41\x01", b"\xc1\x4c\x03", b"\x84\x20\x03")]
    sums = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(60)] + [hashlib.sha1(b"%d" % number).hexdigest().upper() for number in range(60)]
    cells = "".join(f"<cell><p>{word}</p></cell>" for word in words + sums)
    yield "words-that-decode.xml", f'<?xml version="1.0"?><table>{cells}<p>{base64.b64encode(content).decode()}</p></table>'.encode(), ["application/xml", "text/xml"]


def every(content: bytes):
    for name, body, types in itertools.chain(
        archives(content), disks(content), workbooks(content), letters(content), drawings(content), pictures(content), decks(content),
        themes(content), rewritten(content), sheets(content),
    ):  # fmt: skip
        yield f"unusual-{name}", body, types


if __name__ == "__main__":
    for name, body, _ in every(bytes.fromhex(sys.argv[2])):
        (pathlib.Path(sys.argv[1]) / name).write_bytes(body)
