"""Honest files for the comparison, made of this machine's own texts, pages and pictures: the same for the same seed."""

import io
import pathlib
import random
import struct
import zipfile
import zlib

CORPORA = ["small", "pictures", "documents", "large"]
TEXTS = [
    "share/**/*.txt",
    "lib/python3*/**/*.py",
    "include/**/*.h",
    "share/**/*.html",
    "share/**/*.svg",
    "share/**/*.xml",
]


class Writer:
    def __init__(self, folder: pathlib.Path, share: float = 1.0, seed: int = 7):
        self.folder, self.share = folder, share
        self.random = random.Random(seed)

    def sources(self, patterns: list[str], sizes: range, most: int = 3000) -> list[pathlib.Path]:
        """Files under /usr of those lengths, in a random order."""
        found = []
        for pattern in patterns:
            paths = sorted(
                path for path in pathlib.Path("/usr").glob(pattern) if path.is_file() and not path.is_symlink()
            )
            paths = [path for path in paths if path.stat().st_size in sizes]
            self.random.shuffle(paths)
            found += paths[:most]
        return found

    def most(self, count: int) -> int:
        return max(1, int(count * self.share))

    def save(self, corpus: str, number: int, ending: str, content: bytes) -> None:
        (self.folder / corpus / f"{number:05}{ending}").write_bytes(content)

    def small(self) -> None:
        """2,000 files of 1 to 8 KiB: three of ten pictures, the others texts, each different."""
        texts = self.sources(TEXTS, range(1024, 8192))
        pictures = self.sources(["share/**/*.png"], range(300, 8192)) or texts
        for number in range(self.most(2000)):
            path = self.random.choice(pictures if number % 10 < 3 else texts)
            content = path.read_bytes()
            content = (
                png_with_text(content, number)
                if path.suffix == ".png"
                else content + b"\n" * (1 + number % 7) + b" " * (number // 7)
            )
            self.save("small", number, path.suffix, content)

    def pictures(self) -> None:
        """150 photographs' worth of noise, as PNG."""
        for number in range(self.most(150)):
            width, height = self.random.randint(100, 500), self.random.randint(100, 400)
            rows = b"".join(
                b"\0" + bytes((x * 3 + y * 5 + number ^ self.random.getrandbits(3)) & 255 for x in range(width * 3))
                for y in range(height)
            )
            self.save("pictures", number, ".png", png(width, height, rows))

    def documents(self) -> None:
        """300 of 64 KiB to 2 MiB: archives, texts, and data of no known form, in turn."""
        texts = self.sources(TEXTS, range(4000, 400_000))
        for number in range(self.most(300)):
            size = self.random.randint(64 << 10, 2 << 20)
            if number % 3 == 0:
                self.save("documents", number, ".zip", self.archive(texts, size))
            elif number % 3 == 1:
                content = b""
                while len(content) < size:
                    content += self.random.choice(texts).read_bytes()
                self.save("documents", number, ".txt", bytes(byte if byte < 128 else 63 for byte in content[:size]))
            else:
                self.save("documents", number, ".dat", b"DATA\x01\x02\xff\xfe" + self.random.randbytes(size))

    def archive(self, texts: list[pathlib.Path], size: int) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for member in range(120):
                if out.tell() >= size:
                    break
                path = self.random.choice(texts)
                archive.writestr(f"{member}/{path.name}", path.read_bytes() + b"\n%d" % self.random.getrandbits(64))
        return out.getvalue()

    def large(self) -> None:
        """Two of 450 MiB: random bytes and repeated texts in turn."""
        texts = self.sources(TEXTS, range(4000, 400_000))
        for number in range(2):
            with open(self.folder / "large" / f"{number}.bin", "wb") as out:
                for _ in range(self.most(450)):
                    out.write(self.random.randbytes(1 << 19))
                    text = self.random.choice(texts).read_bytes()
                    out.write((text * ((1 << 19) // len(text) + 1))[: 1 << 19])


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


def png_with_text(content: bytes, number: int) -> bytes:
    """A PNG with one more text chunk behind its header, which makes its bytes unique."""
    return content[:33] + chunk(b"tEXt", b"number\0%08d" % number) + content[33:]


def write(folder: pathlib.Path, corpus: str, share: float) -> list[pathlib.Path]:
    """Writes a share of a corpus, in files or of the large ones in bytes, and returns its files."""
    (folder / corpus).mkdir(parents=True)
    getattr(Writer(folder, share), corpus)()
    return sorted((folder / corpus).iterdir())
