"""Writes a sample of each form of container into a folder: `containers.py FOLDER`.

Each sample holds the same files, so that one table of names and bytes is what all of them must come to. Most are built by
hand or by Python's own library; bsdtar (libarchive-tools), 7z and zip write what neither can.
"""
import base64, binascii, bz2, gzip, io, lzma, os, random, struct, subprocess, sys, tarfile, tempfile, zipfile, zlib

folder = sys.argv[1]
chance = random.Random(20)
text = b"".join(b"line %d of a text that packs well, as most do\n" % number for number in range(3000))
noise = chance.randbytes(70_000)
FILES = [("notes.txt", text), ("noise.bin", noise), ("small", b"just a few bytes")]


def save(name, content):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(content)
    return content


def run(*command, cwd=None, input=None):
    return subprocess.run(command, cwd=cwd, input=input, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


# The plain files, for the tools and for comparison.
os.makedirs(os.path.join(folder, "plain"))
for name, content in FILES:
    save("plain/" + name, content)
names = [name for name, _ in FILES]
plain = os.path.join(folder, "plain")

# tar


def tar(format, files=FILES, finish=True):
    room = io.BytesIO()
    archive = tarfile.open(fileobj=room, mode="w", format=format)
    for name, content in files:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    if finish:
        archive.close()
    return room.getvalue()


ustar = save("ustar.tar", tar(tarfile.USTAR_FORMAT))
save("gnu.tar", tar(tarfile.GNU_FORMAT))
save("pax.tar", tar(tarfile.PAX_FORMAT))
long = [("deep/" * 50 + name, content) for name, content in FILES]
save("long-names-gnu.tar", tar(tarfile.GNU_FORMAT, long))
save("long-names-pax.tar", tar(tarfile.PAX_FORMAT, long))
odd = [("gr\u00fc\u00df-\u4f60\u597d-" + name, content) for name, content in FILES]
save("odd-names-pax.tar", tar(tarfile.PAX_FORMAT, odd))
save("odd-names-gnu.tar", tar(tarfile.GNU_FORMAT, odd))


def tar_header(name, size_field, kind=b"0", link=b"", magic=b"ustar\x0000"):
    block = bytearray(512)
    block[0:len(name)] = name
    block[100:124] = b"0000644\x000000000\x000000000\x00"
    block[124:136] = size_field
    block[136:148] = b"00000000000\x00"
    block[156:157] = kind
    block[157:157 + len(link)] = link
    block[257:257 + len(magic)] = magic
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\x00 " % sum(block)
    return bytes(block)


def octal(number):
    return b"%011o\x00" % number


def padded(content, unit=512):
    return content + bytes(-len(content) % unit)


def hand_tar(entries, end=bytes(1024)):
    return b"".join(header + padded(content) for header, content in entries) + end


def base256(number):
    return b"\x80" + number.to_bytes(11, "big")


save("base-256.tar", hand_tar([(tar_header(n.encode(), base256(len(c))), c) for n, c in FILES]))
save("v7.tar", hand_tar([(tar_header(n.encode(), octal(len(c)), b"\0", magic=b""), c) for n, c in FILES]))
save("no-end.tar", hand_tar([(tar_header(n.encode(), octal(len(c))), c) for n, c in FILES], end=b""))
save("lone-zero-block.tar", hand_tar([(tar_header(n.encode(), octal(len(c))), c) for n, c in FILES], end=bytes(512)))
save("hard-link-with-data.tar", hand_tar([
    (tar_header(b"x", octal(15), b"x"), b"15 comment=any\n"),
    (tar_header(b"first", octal(16)), b"just a few bytes"),
    (tar_header(b"second", octal(16), b"1", b"first"), b"other bytes, 16!"),
    (tar_header(b"third", octal(5)), b"third"),
]))
save("behind-the-end.tar", ustar + b"payload behind the end" + bytes(490))
save("two-in-a-row.tar", ustar + tar(tarfile.USTAR_FORMAT, [("behind", b"nobody sees this")]))
save("damaged-header.tar", ustar[:512 + len(padded(text)) + 20] + b"\xff" + ustar[512 + len(padded(text)) + 21:])
sparse_map = b"2\n0\n4\n1000000\n3\n"
save("sparse.tar", hand_tar([
    (tar_header(b"x", octal(len(b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n31 GNU.sparse.realsize=1000003\n25 GNU.sparse.name=holes\n")), b"x"),
     b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n31 GNU.sparse.realsize=1000003\n25 GNU.sparse.name=holes\n"),
    (tar_header(b"GNUSparseFile.0/holes", octal(512 + 7)), padded(sparse_map) + b"head" + b"end"),
]))
# A hole of eight exabytes costs a header.
huge = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n44 GNU.sparse.realsize=9000000000000000000\n25 GNU.sparse.name=holes\n"
huge = huge.replace(b"44 ", b"%d " % len(b"44 GNU.sparse.realsize=9000000000000000000\n"))
save("sparse-bomb.tar", hand_tar([
    (tar_header(b"x", octal(len(huge)), b"x"), huge),
    (tar_header(b"GNUSparseFile.0/holes", octal(512 + 4)), padded(b"1\n0\n4\n") + b"head"),
]))

# Single streams

save("one.gz", gzip.compress(text, mtime=0))
save("named.gz", b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + b"a name\0" + gzip.compress(text, mtime=0)[10:])
save("one.bz2", bz2.compress(text))
save("one.xz", lzma.compress(text))
save("crc32.xz", lzma.compress(text, check=lzma.CHECK_CRC32))
save("sha256.xz", lzma.compress(text, check=lzma.CHECK_SHA256))
save("no-check.xz", lzma.compress(text, check=lzma.CHECK_NONE))
save("x86.xz", lzma.compress(text, format=lzma.FORMAT_XZ, filters=[{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2}]))
save("one.lzma", lzma.compress(text, format=lzma.FORMAT_ALONE))
save("short.lzma", lzma.compress(text[:2000], format=lzma.FORMAT_ALONE))
known = lzma.compress(text, format=lzma.FORMAT_ALONE)
save("known-size.lzma", known[:5] + struct.pack("<Q", len(text)) + known[13:])
save("two.gz", gzip.compress(text, mtime=0) + gzip.compress(noise, mtime=0))
save("two.bz2", bz2.compress(text) + bz2.compress(noise))
save("two.xz", lzma.compress(text) + lzma.compress(noise))
save("padded.xz", lzma.compress(text) + bytes(8) + lzma.compress(noise))
save("empty.gz", gzip.compress(b"", mtime=0))
save("empty.bz2", bz2.compress(b""))
save("empty.xz", lzma.compress(b""))
save("behind.gz", gzip.compress(text, mtime=0) + b"more that is no stream")
save("padded.gz", gzip.compress(text, mtime=0) + bytes(700))
save("behind.bz2", bz2.compress(text) + b"more that is no stream")
save("behind.xz", lzma.compress(text) + b"more that is no stream!!")
save("in-itself.gz", gzip.compress(gzip.compress(text, mtime=0), mtime=0))


def filtered(filter, content=text):
    # One file of an archive of raw bytes, through one of bsdtar's filters.
    with tempfile.TemporaryDirectory() as room:
        with open(os.path.join(room, "data"), "wb") as file:
            file.write(content)
        # To a file: output to a pipe is padded.
        run("bsdtar", "--format", "raw", filter, "-cf", "packed", "data", cwd=room)
        with open(os.path.join(room, "packed"), "rb") as file:
            return file.read()


for filter, ending in [("zstd", "zst"), ("lz4", "lz4"), ("lzip", "lz"), ("compress", "Z")]:
    first = save("one." + ending, filtered("--" + filter))
    if ending in ("zst", "lz4", "lz"):
        save("two." + ending, first + filtered("--" + filter, noise))
        save("behind." + ending, first + b"more that is no stream")
# Codes of 9 to 16 bits; the table is emptied when what is packed gets worse.
save("wide.Z", filtered("--compress", (text + noise) * 3))
save("empty.zst", filtered("--zstd", b""))
skippable = struct.pack("<II", 0x184D2A50, 8) + b"skip it!"
save("skippable.zst", skippable + open(folder + "/one.zst", "rb").read())

# With tools

run("bsdtar", "--format", "7zip", "-cf", folder + "/bsdtar.7z", *names, cwd=plain)
run("bsdtar", "--format", "zip", "-cf", folder + "/bsdtar.zip", *names, cwd=plain)
for kind in ["newc", "odc", "bin", "pwb"]:
    run("bsdtar", "--format", kind, "-cf", f"{folder}/{kind}.cpio", *names, cwd=plain)
run("bsdtar", "--format", "arbsd", "-cf", folder + "/bsd.ar", *names, cwd=plain)
run("bsdtar", "--format", "ar", "-cf", folder + "/svr4.ar", *names, cwd=plain)
run("bsdtar", "--format", "xar", "-cf", folder + "/gzip.xar", *names, cwd=plain)
run("bsdtar", "--format", "xar", "--options", "compression=xz", "-cf", folder + "/xz.xar", *names, cwd=plain)
run("bsdtar", "--format", "iso9660", "-cf", folder + "/rock-ridge.iso", *names, cwd=plain)
run("bsdtar", "--format", "iso9660", "--options", "!joliet,!rockridge", "-cf", folder + "/bare.iso", *names, cwd=plain)
run("bsdtar", "--format", "iso9660", "--options", "!rockridge", "-cf", folder + "/joliet.iso", *names, cwd=plain)
run("bsdtar", "--format", "iso9660", "--options", "zisofs", "-cf", folder + "/zisofs.iso", "notes.txt", "small", cwd=plain)

for name, options in [
    ("lzma", ["-m0=LZMA"]), ("lzma2", ["-m0=LZMA2"]), ("bzip2", ["-m0=BZip2"]), ("deflate", ["-m0=Deflate"]),
    ("deflate64", ["-m0=Deflate64"]), ("ppmd", ["-m0=PPMd"]), ("copy", ["-m0=Copy"]), ("not-solid", ["-ms=off"]),
    ("bcj", ["-m0=BCJ", "-m1=LZMA"]), ("bcj2", ["-m0=BCJ2", "-m1=LZMA", "-m2=LZMA", "-m3=LZMA", "-mb0:1", "-mb0s1:2", "-mb0s2:3"]),
    ("delta", ["-m0=Delta:4", "-m1=LZMA"]), ("arm", ["-m0=ARM", "-m1=LZMA"]), ("arm64", ["-m0=ARM64", "-m1=LZMA"]),
    ("plain-header", ["-mhc=off"]), ("encrypted", ["-psecret"]), ("encrypted-header", ["-psecret", "-mhe=on"]),
]:
    run("7z", "a", "-bd", "-mtm=off", *options, f"{folder}/{name}.7z", *names, cwd=plain)
for name, options in [
    ("lzma", ["-mm=LZMA"]), ("ppmd", ["-mm=PPMd"]), ("deflate64", ["-mm=Deflate64"]), ("bzip2", ["-mm=BZip2"]),
    ("xz", ["-mm=xz"]), ("stored", ["-mm=Copy"]), ("aes", ["-psecret", "-mem=AES256"]), ("traditional", ["-psecret", "-mem=ZipCrypto"]),
]:
    run("7z", "a", "-tzip", "-bd", *options, f"{folder}/{name}.zip", *names, cwd=plain)

# ZIP


def zipped(files=FILES, method=zipfile.ZIP_DEFLATED, streamed=False, zip64=False):
    class Once(io.RawIOBase):
        def __init__(self):
            self.bytes = bytearray()

        def writable(self):
            return True

        def write(self, piece):
            self.bytes += piece
            return len(piece)

    room = Once() if streamed else io.BytesIO()
    with zipfile.ZipFile(room, "w", method) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = method
            with archive.open(entry, "w", force_zip64=zip64) as member:
                member.write(content)
    return bytes(room.bytes) if streamed else room.getvalue()


deflated = save("deflated.zip", zipped())
save("descriptors.zip", zipped(streamed=True))
save("forced-zip64.zip", zipped(zip64=True))
save("odd-names.zip", zipped(odd))
save("empty.zip", zipped([]))
save("self-extractor.zip", b"MZ a program that unpacks itself" * 100 + deflated)

# Cabinet, LHA, RPM, RAR: written byte by byte, stored or as simple as possible.


def cab(files, packed):
    blocks = []
    stream = b"".join(content for _, content in files)
    for start in range(0, len(stream), 32768):
        piece = stream[start:start + 32768]
        if packed:
            packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=stream[max(0, start - 32768):start])
            data = b"CK" + packer.compress(piece) + packer.flush()
        else:
            data = piece
        blocks.append(struct.pack("<IHH", 0, len(data), len(piece)) + data)
    entries, place = b"", 0
    for name, content in files:
        entries += struct.pack("<IIHHHH", len(content), place, 0, 0x5A21, 0, 0x20) + name.encode() + b"\0"
        place += len(content)
    first = 36 + 8
    data = first + len(entries)
    total = data + sum(map(len, blocks))
    header = b"MSCF" + struct.pack("<IIIIIBBHHHHH", 0, total, 0, first, 0, 3, 1, 1, len(files), 0, 1, 0)
    return header + struct.pack("<IHH", data, len(blocks), 1 if packed else 0) + entries + b"".join(blocks)


save("stored.cab", cab(FILES, packed=False))
save("mszip.cab", cab(FILES, packed=True))


def crc16(content):
    value = 0
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


def lha(files, method=b"-lh0-"):
    room = b""
    for name, content in files:
        rest = method + struct.pack("<IIIBB", len(content), len(content), 0, 0x20, 0)
        rest += bytes([len(name)]) + name.encode() + struct.pack("<H", crc16(content))
        room += bytes([len(rest), sum(rest) & 0xFF]) + rest + content
    return room + b"\0"


save("stored.lzh", lha(FILES))
save("unknown-method.lzh", lha(FILES, b"-lh3-"))


def rpm(payload):
    lead = b"\xed\xab\xee\xdb\x03\x00\x00\x00\x00\x01" + b"sample".ljust(66, b"\0") + struct.pack(">HH", 1, 5) + bytes(16)
    header = b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">II", 1, 8) + struct.pack(">IIII", 1000, 6, 0, 1) + b"sample\0\0"
    return lead + header + header + payload


run("bsdtar", "--format", "warc", "-cf", folder + "/pages.warc", *names, cwd=plain)
with open(folder + "/newc.cpio", "rb") as file:
    save("gzip.rpm", rpm(gzip.compress(file.read(), mtime=0)))


def rar4(files, flags=0, end=True, method=0x30, header_flags=0):
    def block(kind, block_flags, body):
        rest = struct.pack("<BHH", kind, block_flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest

    room = b"Rar!\x1a\x07\x00" + block(0x73, header_flags, bytes(6))
    for name, content in files:
        body = struct.pack("<IIBIIBBHI", len(content), len(content), 3, zlib.crc32(content), 0x21000000, 29, method, len(name), 0o100644)
        room += block(0x74, 0x8000 | flags, body + name.encode()) + content
    return room + (block(0x7B, 0x4000, b"") if end else b"")


save("stored.rar", rar4(FILES))
save("no-end.rar", rar4(FILES, end=False))
save("encrypted.rar", rar4(FILES, flags=4))
save("encrypted-header.rar", rar4(FILES, header_flags=0x80))
save("next-volume.rar", rar4(FILES[:2], header_flags=0x0101) )
save("behind.rar", rar4(FILES) + b"more that is no archive")


def number(value):
    out = bytearray()
    while True:
        out.append(value & 0x7F | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


def rar5(files, encrypted=False, end=True, archive_flags=0, method=0, header_encrypted=False):
    def block(body):
        length = number(len(body))
        return struct.pack("<I", zlib.crc32(length + body)) + length + body

    room = b"Rar!\x1a\x07\x01\x00"
    if header_encrypted:
        room += block(number(4) + number(0) + number(0) + number(0) + b"\x0f" + bytes(16))
        return room + chance.randbytes(400)
    room += block(number(1) + number(0) + number(archive_flags))
    for name, content in files:
        extra = b""
        if encrypted:
            record = number(1) + number(0) + number(0) + b"\x0f" + bytes(16) + bytes(16)
            extra = number(len(record)) + record
        body = number(2) + number(2 | (1 if extra else 0)) + (number(len(extra)) if extra else b"") + number(len(content))
        body += number(4) + number(len(content)) + number(0o100644) + struct.pack("<I", zlib.crc32(content))
        body += number(method << 7) + number(1) + number(len(name)) + name.encode() + extra
        room += block(body) + content
    return room + (block(number(5) + number(0) + number(0)) if end else b"")


save("stored.rar5", rar5(FILES))
save("no-end.rar5", rar5(FILES, end=False))
save("encrypted.rar5", rar5(FILES, encrypted=True))
save("encrypted-header.rar5", rar5(FILES, header_encrypted=True))
save("volume.rar5", rar5(FILES, archive_flags=1))
save("behind.rar5", rar5(FILES) + b"more that is no archive")
