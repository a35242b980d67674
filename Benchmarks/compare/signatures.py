"""Signatures of a realistic number and shape, generated from a seed: hashes, patterns and logical signatures. They
match nothing but by chance, and EICAR by its hash."""

import pathlib
import random

HASHES, PATTERNS, LOGICAL = 1_000_000, 200_000, 20_000
# Programs give patterns whose first bytes are distributed as those of real signatures are.
PROGRAMS = [
    "/usr/bin/python3",
    "/usr/bin/gdb",
    "/usr/bin/git",
    "/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
    "/usr/bin/openssl",
]
TEXT = 'abcdefghijklmnopqrstuvwxyz0123456789 <>/="(){};._-'
EICAR = "44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test-Signature\n"


class Generator:
    def __init__(self, seed: int):
        self.random = random.Random(seed)
        found = [pathlib.Path(path) for path in PROGRAMS]
        self.code = b"".join(path.read_bytes()[: 4 << 20] for path in found if path.exists())

    def name(self) -> str:
        family = "".join(self.random.choices("abcdefghijklmnopqrstuvwxyz", k=self.random.randint(5, 9)))
        return f"Bench.{self.random.choice(['Trojan', 'Worm', 'Adware', 'Downloader'])}.{family.title()}"

    def literal(self, length: int) -> str:
        """Hexadecimal bytes: damaged program code, random bytes, or text."""
        kind = self.random.random()
        if kind < 0.5 and self.code:
            start = self.random.randrange(len(self.code) - length)
            content = bytearray(self.code[start : start + length])
            content[::7] = self.random.randbytes(len(content[::7]))
            return content.hex()
        if kind < 0.75:
            return self.random.randbytes(length).hex()
        return "".join(self.random.choices(TEXT, k=length)).encode().hex()

    def pattern(self) -> str:
        """A body signature, four of ten with a wildcard."""
        literal, kind = self.literal(self.random.randint(24, 56)), self.random.random()
        middle = len(literal) // 4 * 2
        if kind < 0.60:
            return literal
        if kind < 0.80:
            gap = self.random.choice(["??", "????", "??????"])
        elif kind < 0.92:
            gap = f"{{{self.random.randint(1, 8)}-{self.random.randint(10, 60)}}}"
        else:
            gap = "*"
        return literal[:middle] + gap + literal[middle:]

    def hash(self) -> str:
        return f"{self.random.getrandbits(128):032x}:{int(2 ** self.random.uniform(9, 23.5))}:{self.name()}"

    def body(self, number: int) -> str:
        target = self.random.choices([0, 1, 2, 3, 4, 5, 6, 7, 9, 10], [22, 50, 4, 8, 2, 1, 4, 6, 1, 2])[0]
        end = f"EOF-{self.random.randint(100, 5000)}"
        start = f"{self.random.randint(0, 4000)},{self.random.randint(10, 500)}"
        entry = f"EP+0,{self.random.randint(10, 200)}" if target == 1 else "*"
        offset = self.random.choices(["*", end, start, entry], [80, 4, 8, 8])[0]
        return f"{self.name()}-{number}:{target}:{offset}:{self.pattern()}"

    def logical(self, number: int) -> str:
        parts = self.random.randint(2, 5)
        target = self.random.choices([0, 1, 2, 3, 6, 7], [15, 55, 8, 10, 5, 7])[0]
        expression = "&".join(str(part) for part in range(parts))
        patterns = ";".join(self.pattern() for _ in range(parts))
        return f"{self.name()}-{number};Engine:81-255,Target:{target};{expression};{patterns}"


def write(folder: pathlib.Path, rows: float = 1.0, seed: int = 7) -> int:
    """Writes a set into a folder: `rows` of HASHES, PATTERNS and LOGICAL. Returns the number of signatures."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = Generator(seed)
    counts = [int(count * rows) for count in (HASHES, PATTERNS, LOGICAL)]
    rows_of = [lambda _: generator.hash(), generator.body, generator.logical]
    for ending, count, row in zip(["hdb", "ndb", "ldb"], counts, rows_of):
        with open(folder / f"bench.{ending}", "w") as out:
            out.writelines(row(number) + "\n" for number in range(count))
    (folder / "eicar.hdb").write_text(EICAR)
    return sum(counts) + 1
