"""Archives and packed files, as ordinary programs write them."""

import bz2
import gzip
import io
import lzma
import pathlib
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
import zlib

from documents import TEXT
from making import zipped

FILES = {
    "readme.txt": TEXT.encode() * 4, "data/numbers.csv": b"a;b\n" + b"1;2\n" * 200, "data/empty.txt": b"",
    "src/main.c": b"#include <stdio.h>\nint main(void) { return 0; }\n", "src/run.sh": b"#!/bin/sh\necho done\n",
    "web/index.html": b"<!doctype html><title>x</title><p>words\n", "bytes.bin": bytes(range(256)) * 8,
    "na\u00efve \u2603.txt": b"a name in Unicode\n",
}  # fmt: skip


def zips():
    def packed(method=zipfile.ZIP_DEFLATED, files=FILES, comment=b"", folders=False, extra=b"", level=None) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method, compresslevel=level) as archive:
            archive.comment = comment
            if folders:
                archive.writestr("data/", b"")
            for name, body in files.items():
                entry = zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6))
                entry.compress_type, entry.extra = method, extra
                archive.writestr(entry, body)
        return out.getvalue()

    yield "stored.zip", packed(zipfile.ZIP_STORED)
    yield "deflated.zip", packed()
    yield "bzip2.zip", packed(zipfile.ZIP_BZIP2)
    yield "lzma.zip", packed(zipfile.ZIP_LZMA)
    yield "comment.zip", packed(comment=b"Made by hand. " * 9)
    for length in (17_000, 65_535):
        yield f"comment-{length}.zip", packed(comment=b"Made by hand. \n" * (length // 15))
    yield "folders.zip", packed(folders=True)
    yield "many.zip", packed(files={f"d{n % 7}/f{n}.txt": b"%d" % n for n in range(300)})
    yield "empty.zip", packed(files={})
    yield "times.zip", packed(extra=b"UT\5\0\3\0\0\0\x65")
    yield "padding-of-zeros.zip", packed(extra=bytes(4))
    inner = packed()
    yield "nested.zip", packed(files={"inner.zip": inner, "again/inner.zip": inner, "note.txt": b"two"})
    for level in (1, 9):
        yield f"level-{level}.zip", packed(level=level)

    class Pipe(io.RawIOBase):
        parts = b""

        def writable(self):
            return True

        def write(self, data):
            self.parts += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in FILES.items():
            archive.writestr(name, body)
    yield "streamed.zip", pipe.parts
    manifest = {"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\r\n\r\n", "a/B.class": b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(60)}
    yield "library.jar", packed(files=manifest), ["application/java-archive", "application/x-java-archive"]
    yield "package.whl", packed(files={"p/__init__.py": b"x = 1\n", "p-1.dist-info/METADATA": b"Name: p\n", "p-1.dist-info/RECORD": b""}), ["application/zip"]
    yield "place.kmz", packed(files={"doc.kml": b'<?xml version="1.0"?><kml/>'}), ["application/vnd.google-earth.kmz"]
    yield "comic.cbz", packed(files={"1.png": b"\x89PNG\r\n\x1a\n" + bytes(20)}), ["application/vnd.comicbook+zip", "application/x-cbz"]
    yield "model.3mf", packed(files={"[Content_Types].xml": b"<Types/>", "3D/3dmodel.model": b'<?xml version="1.0"?><model/>'}), ["model/3mf"]
    for number in (1, 3, 11, 21):
        yield f"behind-{number}.zip", packed() + b"\n" * number
    yield "descriptor-of-java.zip", pipe.parts


def tars():
    def packed(mode: str, form=tarfile.PAX_FORMAT, **kind) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode=mode, format=form, **kind) as archive:
            for name, body in FILES.items():
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime = len(body), 1_767_225_600
                archive.addfile(entry, io.BytesIO(body))
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, "readme.txt"
            archive.addfile(link)
        return out.getvalue()

    tar = ["application/x-tar"]
    for name, form in (("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)):
        yield f"{name}.tar", packed("w", form), tar
    whole = packed("w", tarfile.USTAR_FORMAT)
    yield "no-closing-blocks.tar", whole.rstrip(b"\0").ljust(-(-len(whole.rstrip(b"\0")) // 512) * 512, b"\0"), tar
    yield "one-closing-block.tar", whole.rstrip(b"\0").ljust((-(-len(whole.rstrip(b"\0")) // 512) + 1) * 512, b"\0"), tar
    yield "gzip.tgz", packed("w:gz"), ["application/gzip", "application/x-gzip", "application/x-compressed-tar"]
    yield "bzip2.tbz2", packed("w:bz2"), ["application/x-bzip2", "application/x-bzip"]
    yield "xz.txz", packed("w:xz"), ["application/x-xz"]
    # As parallel packers write them: a stream for each block, which ends within a member.
    for place in (700, 1500, len(whole) // 2):
        for ending, pack, types in (
            ("tgz", gzip.compress, ["application/gzip"]), ("tbz2", bz2.compress, ["application/x-bzip2"]), ("txz", lzma.compress, ["application/x-xz"]),
        ):  # fmt: skip
            yield f"in-streams-{place}.{ending}", pack(whole[:place]) + pack(whole[place:]), types


def streams():
    body = TEXT.encode() * 200
    for level in (1, 6, 9):
        yield f"level-{level}.txt.gz", gzip.compress(body, level), ["application/gzip", "application/x-gzip"]
        yield f"level-{level}.txt.bz2", bz2.compress(body, level), ["application/x-bzip2", "application/x-bzip"]
    yield "several.gz", gzip.compress(body) + gzip.compress(body[:99]), ["application/gzip"]
    yield "named.gz", b"\x1f\x8b\x08\x08\0\0\0\0\0\3name.txt\0" + gzip.compress(body)[10:], ["application/gzip"]
    inner = zipped({"words.txt": body})
    yield "zip-in-streams.gz", gzip.compress(inner[:90]) + gzip.compress(inner[90:]), ["application/gzip"]
    yield "several.bz2", bz2.compress(body) + bz2.compress(body), ["application/x-bzip2"]
    for preset in (0, 6, 9):
        yield f"preset-{preset}.xz", lzma.compress(body, preset=preset), ["application/x-xz"]
    yield "alone.lzma", lzma.compress(body, lzma.FORMAT_ALONE), ["application/x-lzma"]
    yield "sum.xz", lzma.compress(body, check=lzma.CHECK_SHA256), ["application/x-xz"]
    yield "words.zz", zlib.compress(body), ["application/zlib", "application/octet-stream"]


def by_programs():
    """What the machine's own packers write."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lazaret-corpus-"))
    tree = folder / "tree"
    for name, body in FILES.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    seven = ["7z", "a", "-bd", "-bso0", "-y"]
    names = sorted(FILES)
    for name, command, types in (
        ("zip.zip", ["zip", "-q", "-r", "OUT", "."], ["application/zip", "application/x-zip-compressed"]),
        ("zip-stream.zip", ["sh", "-c", "zip -q -r - . > OUT"], ["application/zip"]),
        ("lzma2.7z", [*seven, "OUT", "."], ["application/x-7z-compressed"]),
        ("lzma.7z", [*seven, "-m0=lzma", "OUT", "."], ["application/x-7z-compressed"]),
        ("ppmd.7z", [*seven, "-m0=ppmd", "OUT", "."], ["application/x-7z-compressed"]),
        ("bzip2.7z", [*seven, "-m0=bzip2", "OUT", "."], ["application/x-7z-compressed"]),
        ("deflate.7z", [*seven, "-m0=deflate", "OUT", "."], ["application/x-7z-compressed"]),
        ("copy.7z", [*seven, "-m0=copy", "OUT", "."], ["application/x-7z-compressed"]),
        ("not-solid.7z", [*seven, "-ms=off", "OUT", "."], ["application/x-7z-compressed"]),
        ("seven-deflate.zip", [*seven, "-tzip", "OUT", "."], ["application/zip"]),
        ("bsd-ustar.tar", ["bsdtar", "--format", "ustar", "-cf", "OUT", *names[:-1]], ["application/x-tar"]),
        ("bsd-pax.tar", ["bsdtar", "--format", "pax", "-cf", "OUT", "."], ["application/x-tar"]),
        ("bsd-zstd.tar.zst", ["bsdtar", "--zstd", "-cf", "OUT", "."], ["application/zstd"]),
        ("bsd-lz4.tar.lz4", ["bsdtar", "--lz4", "-cf", "OUT", "."], ["application/x-lz4"]),
        ("bsd.cpio", ["bsdtar", "--format", "newc", "-cf", "OUT", "."], ["application/x-cpio"]),
        ("bsd-old.cpio", ["bsdtar", "--format", "odc", "-cf", "OUT", *names[:-1]], ["application/x-cpio"]),
        ("bsd.ar", ["bsdtar", "--format", "ar", "-cf", "OUT", "readme.txt", "bytes.bin"], ["application/x-archive"]),
        ("bsd.iso", ["bsdtar", "--format", "iso9660", "-cf", "OUT", "."], ["application/x-iso9660-image", "application/x-cd-image"]),
        ("bsd.warc", ["bsdtar", "--format", "warc", "-cf", "OUT", *names[:-1]], ["application/warc", "application/octet-stream"]),
        ("bsd.xar", ["bsdtar", "--format", "xar", "-cf", "OUT", *names[:-1]], ["application/x-xar"]),
        ("bsd.zip", ["bsdtar", "--format", "zip", "-cf", "OUT", "."], ["application/zip"]),
        ("joliet.iso", ["genisoimage", "-quiet", "-J", "-R", "-o", "OUT", "."], ["application/x-iso9660-image"]),
        ("udf.iso", ["genisoimage", "-quiet", "-udf", "-o", "OUT", "."], ["application/x-iso9660-image"]),
    ):  # fmt: skip
        out = folder / name
        if shutil.which(command[0]) is None:
            continue
        done = subprocess.run([part.replace("OUT", str(out)) for part in command], cwd=tree, capture_output=True, check=False)
        if done.returncode == 0 and out.exists():
            yield name, out.read_bytes(), types
    shutil.rmtree(folder)


def every():
    for sample in [*zips(), *tars(), *streams(), *by_programs()]:
        name, body, *types = sample
        yield f"archive-{name}", body, types[0] if types else ["application/zip", "application/x-zip-compressed"]
