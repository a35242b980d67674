"""Containers that ordinary packers write, beside those of the zoo: their own fields and methods, not ours."""

import base64
import binascii
import gzip
import lzma
import struct
import zlib

import containers
import formats
import programs
import zips
from animals import prose
from packing import filtered, libarchive, sevenzip
from workbench import Workbench


def every_package(payload):
    """Returns each container by name. Its members are a plain text and the payload."""
    members = [("plain.txt", prose(900, 5)), ("payload.bin", payload)]
    found = {}
    with Workbench(members) as bench:
        _archives(found, bench)
        _streams(found, bench, payload)
        _lha(found, bench)
        _cabinets(found, bench)
        _installers(found, bench)
    _self_extractors(found, members)
    _mail(found, payload)
    _texts(found, payload)
    return found


def _archives(found, bench):
    names = bench.names
    bench.run("zip", "-X", "-q", "../info.zip", *names)
    found["info-zip.zip"] = bench.read("info.zip")
    bench.run("zip", "-X", "-q", "-fz", "../wide.zip", *names)
    found["info-zip-wide.zip"] = bench.read("wide.zip")
    found["info-zip-streamed.zip"] = bench.run("zip", "-X", "-q", "-fd", "-", *names)
    listing = "\n".join(names).encode() + b"\n"
    for form in ("newc", "odc", "bin", "crc", "hpodc", "tar", "ustar"):
        name = f"gnu-{form}.tar" if "tar" in form else f"gnu-{form}.cpio"
        found[name] = bench.run("cpio", "-o", "--quiet", "--reproducible", "-H", form, input=listing)
    for form in ("gnu", "oldgnu", "pax", "posix", "ustar", "v7"):
        found[f"tar-of-{form}.tar"] = bench.run(
            "tar", "-cf", "-", f"--format={form}", "--owner=0", "--group=0", "--mtime=@1700000000", *names
        )
    bench.run("tar", "-cSf", "../sparse.tar", "--format=gnu", *names)
    found["tar-of-sparse.tar"] = bench.read("sparse.tar")
    bench.run("ar", "rcD", "../gnu.a", *names)
    found["ar-of-binutils.a"] = bench.read("gnu.a")
    bench.run("arj", "a", "-y", "-i", "../packed.arj", *names)
    found["arj-packed.arj"] = bench.read("packed.arj")
    bench.run("arc", "an", "../squashed.arc", "payload.bin")
    found["arc-crunched.arc"] = bench.read("squashed.arc")
    found["xar-xz.xar"] = libarchive("xar", bench.members, options="xar:compression=xz")
    found["shar.sh"] = bench.run("bsdtar", "--format", "shar", "-cf", "-", *names)
    bench.run("mkdir", "-p", "DEBIAN", "usr/share/zoo")
    bench.write(
        "in/DEBIAN/control", b"Package: zoo\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: a\n"
    )
    bench.run("cp", "payload.bin", "usr/share/zoo/")
    for packer in ("gzip", "xz", "none"):
        bench.run("dpkg-deb", f"-Z{packer}", "--root-owner-group", "--nocheck", "-b", ".", f"../{packer}.deb")
        found[f"dpkg-{packer}.deb"] = bench.read(f"{packer}.deb")
    bench.run("rm", "-r", "DEBIAN", "usr")


def _streams(found, bench, payload):
    for tool, ending in (
        ("gzip", "gz"),
        ("bzip2", "bz2"),
        ("xz", "xz"),
        ("lzma", "lzma"),
        ("lzip", "lz"),
        ("zstd", "zst"),
        ("lz4", "lz4"),
        ("lzop", "lzo"),
        ("compress", "Z"),
    ):
        switches = ["-f", "-c"] if tool != "lzma" else ["--format=lzma", "-c"]
        found[f"{tool}.{ending}"] = bench.run("xz" if tool == "lzma" else tool, *switches, "payload.bin")
    tar = formats.tar(bench.members)
    found["ppmd-tar.7z"] = sevenzip([("a.tar", tar)], "-m0=PPMd")
    found["tar-of-lzma.lzma"] = lzma.compress(tar, lzma.FORMAT_ALONE)
    found["tar-of-lzip.lz"] = filtered(tar, "lzip")
    found["tar-of-compress.Z"] = filtered(tar, "compress")
    found["lz4-legacy.lz4"] = bench.run("lz4", "-l", "-c", "payload.bin")
    found["lz4-linked.lz4"] = bench.run("lz4", "-BD", "-B4", "--content-size", "-c", "payload.bin")
    found["zstd-checked.zst"] = bench.run("zstd", "-19", "--check", "-c", "payload.bin")
    found["zstd-streamed.zst"] = bench.run("zstd", "-c", input=payload)
    found["xz-blocks.xz"] = bench.run("xz", "--block-size=500", "-C", "sha256", "-c", "payload.bin")
    found["raw-zlib.zlib"] = zlib.compress(payload, 1)
    found["gzip-of-members.gz"] = gzip.compress(b"a first member\n", mtime=0) + gzip.compress(payload, mtime=0)


def _lha(found, bench):
    for method in ("5", "6", "7"):
        for level in ("0", "1", "2"):
            name = f"lh{method}-level{level}.lzh"
            bench.run("jlha", f"ao{method}q{level}", "../" + name, *bench.names, status=(0, 1))
            found[name] = bench.read(name)


def _cabinets(found, bench):
    bench.run("gcab", "-c", "-z", "../mszip.cab", *bench.names)
    found["gcab-mszip.cab"] = bench.read("mszip.cab")
    found["cab-reserved.cab"] = _reserve(found["gcab-mszip.cab"])


def _reserve(cabinet):
    """The cabinet with reserved bytes in its header, as a signed one has (flag 4)."""
    extra = struct.pack("<HBB", 20, 0, 0) + bytes(20)
    flags = struct.unpack_from("<H", cabinet, 30)[0] | 4
    body = bytearray(cabinet[:36] + extra + cabinet[36:])
    struct.pack_into("<H", body, 30, flags)
    for place in (8, 16):
        struct.pack_into("<I", body, place, struct.unpack_from("<I", body, place)[0] + len(extra))
    for folder in range(struct.unpack_from("<H", body, 26)[0]):
        place = 36 + len(extra) + folder * 8
        struct.pack_into("<I", body, place, struct.unpack_from("<I", body, place)[0] + len(extra))
    return bytes(body)


def _installers(found, bench):
    for packer, solid in (("zlib", False), ("bzip2", False), ("lzma", True)):
        script = f"SetCompressor {'/SOLID ' if solid else ''}{packer}\nOutFile ../{packer}.exe\nName a\n"
        script += "Section\nSetOutPath $TEMP\nFile payload.bin\nFile plain.txt\nSectionEnd\n"
        bench.write("in/a.nsi", script.encode())
        bench.run("makensis", "-V0", "a.nsi")
        found[f"nsis-{packer}.exe"] = bench.read(f"{packer}.exe")
    bench.run("rm", "a.nsi")
    newc = formats.cpio(bench.members, "newc")
    for name, packed in (
        ("xz", lzma.compress(newc)),
        ("zstd", filtered(newc, "zstd")),
        ("none", newc),
        ("lzma", lzma.compress(newc, lzma.FORMAT_ALONE)),
        ("bzip2", filtered(newc, "bzip2")),
    ):
        found[f"rpm-{name}.rpm"] = formats.rpm(packed)
    found["warc-gzip.warc.gz"] = gzip.compress(libarchive("warc", [("http://a/p.bin", bench.members[1][1])]), mtime=0)


def _self_extractors(found, members):
    stub, program = programs.elf(), programs.pe()
    script = b'#!/bin/sh\ntail -n +3 "$0" | tar xzf -\nexit 0\n'
    found["sfx-7z-elf.exe"] = stub + sevenzip(members)
    found["sfx-7z-pe.exe"] = program + sevenzip(members, "-m0=BZip2")
    found["sfx-zip-pe.exe"] = program + zips.archive(members)
    found["sfx-rar5-pe.exe"] = program + formats.rar5(members)
    found["sfx-cab-pe.exe"] = program + formats.cab(members, packed=True)
    found["sfx-lha-pe.exe"] = program + formats.lha(members)
    found["sfx-arj-pe.exe"] = program + formats.arj(members)
    found["sfx-tar-gz.sh"] = script + gzip.compress(formats.tar(members), mtime=0)
    found["zip-in-png.png"] = formats.png() + zips.archive(members)
    found["rar-in-jpeg.jpg"] = formats.jpeg() + formats.rar5(members)


def _mail(found, payload):
    for encoding in ("base64", "quoted-printable", "x-uuencode"):
        found[f"letter-{encoding}.eml"] = containers.mail(encoding, payload)
    zipped = zips.archive([("payload.bin", payload)])
    found["letter-zip.eml"] = containers.mail("base64", zipped)
    found["letter-in-letter.eml"] = containers.mail("7bit", containers.mail("base64", zipped), "message/rfc822")
    mailbox = b"From a@example.com Tue Nov 14 22:13:20 2023\n"
    found["mailbox.mbox"] = mailbox + containers.mail("base64", payload).replace(b"\r\n", b"\n")


def _texts(found, payload):
    lines = (payload[i : i + 45] for i in range(0, len(payload), 45))
    found["lines.uu"] = b"begin 644 p.bin\n" + b"".join(binascii.b2a_uu(line) for line in lines) + b"`\nend\n"
    found["lines-base64.uu"] = b"begin-base64 644 p.bin\n" + base64.encodebytes(payload) + b"====\n"
