"""Python's readers: `main` writes what each takes out of a file into a folder.

They run in a process of their own, under the limits of `readers.py`. What a reader reports is of no interest; what it
wrote before it failed is."""

import bz2
import email
import email.policy
import lzma
import os
import tarfile
import zipfile
import zlib

import olefile
import pypdf

_LIMIT = 8 << 20
_MOST = 200


class _Output:
    def __init__(self, folder):
        self.folder, self.count = folder, 0

    def add(self, reader, data):
        if data and self.count < _MOST:
            self.count += 1
            with open(os.path.join(self.folder, f"{reader}-{self.count}"), "wb") as file:
                file.write(data)


def _zipfile(path, output):
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist()[:_MOST]:
            _try(lambda: output.add("zipfile", archive.open(entry).read(_LIMIT)))


def _tarfile(path, output):
    with tarfile.open(path, ignore_zeros=True) as archive:
        for entry in archive:
            _try(lambda: output.add("tarfile", archive.extractfile(entry).read(_LIMIT)))


def _mail(path, output):
    with open(path, "rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.compat32)
    # Without a header it would give back the file.
    for part in message.walk() if message.keys() else ():
        _try(lambda: output.add("email", part.get_payload(decode=True)))


def _streams(path, output):
    """Each stream as its decoder gives it, also if the stream ends early."""
    with open(path, "rb") as file:
        data = file.read(_LIMIT)
    # Stated whole: a stream that is cut gives what it has.
    for name, decoder in (
        ("gzip", lambda: zlib.decompressobj(31)),
        ("zlib", lambda: zlib.decompressobj(15)),
        ("bz2", bz2.BZ2Decompressor),
        ("lzma", lambda: lzma.LZMADecompressor(memlimit=256 << 20)),
    ):
        rest, out = data, []
        try:
            while rest and len(out) < _MOST:
                decoding = decoder()
                out.append(decoding.decompress(rest, _LIMIT))
                rest = decoding.unused_data if decoding.eof else b""
        except (zlib.error, OSError, ValueError, EOFError, lzma.LZMAError):
            pass
        output.add(name, b"".join(out))


def _pdf(path, output):
    with open(path, "rb") as file:
        if b"obj" not in file.read(_LIMIT):
            return
    for number in range(1, 60):

        def stream():
            item = pypdf.generic.IndirectObject(number, 0, reader).get_object()
            output.add("pypdf", item.get_data())

        if number == 1:
            reader = pypdf.PdfReader(path, strict=False)
        _try(stream)


def _compound(path, output):
    if not olefile.isOleFile(path):
        return
    with olefile.OleFileIO(path, raise_defects=olefile.DEFECT_INCORRECT) as file:
        for name in file.listdir():

            def stream():
                data = file.openstream(name).read()
                output.add("olefile", data)
                at = data.find(b"c:\\p.bin\0", 40)
                if at > 0:
                    size = int.from_bytes(data[at + 9 : at + 13], "little")
                    output.add("package", data[at + 13 : at + 13 + size])

            _try(stream)


def _try(action):
    try:
        action()
    except Exception:  # a reader may fail on hostile bytes in any way
        pass


def main(path, folder):
    output = _Output(folder)
    for reader in (_streams, _zipfile, _tarfile, _mail, _pdf, _compound):
        _try(lambda: reader(path, output))
