"""Scans real files with all signatures and with the filter, and compares what each finds:
`python matching.py SIGNATURES FOLDER... [--files 4000] [--cut 2000] [--seed 1] [--program PROGRAM]`.

SIGNATURES are databases as they are, such as /var/lib/clamav. Beside them, `--cut` signatures of every syntax are cut
out of the files themselves, so that there is something to find; some match nothing, as their conditions do not hold.
Exits with 1 if the findings of a file differ, or if the filter left out nothing: then it was not tried."""

import argparse
import gzip
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGETS = {b"MZ": 1, b"\xd0\xcf\x11\xe0": 2, b"<html": 3, b"<!doct": 3, b"\x7fELF": 6, b"%PDF": 10}
TEXT, ANY = 7, 0


class Cutter:
    """Makes signatures that bytes of the files match."""

    def __init__(self, files: list[pathlib.Path], seed: int):
        self.files, self.random = files, random.Random(seed)

    def content(self, path: pathlib.Path) -> bytes:
        """The file's bytes, or those of something packed in it."""
        content = path.read_bytes()
        try:
            if content[:2] == b"\x1f\x8b":
                return gzip.decompress(content)[: 1 << 20]
            if content[:4] == b"PK\3\4":
                with zipfile.ZipFile(path) as archive:
                    return archive.read(self.random.choice(archive.namelist()))[: 1 << 20]
        except (OSError, EOFError, ValueError, IndexError, RuntimeError, zipfile.BadZipFile, zlib.error):
            pass
        return content

    def sample(self) -> tuple[bytes, int]:
        """Bytes of a file, and the target under which they are matched: texts in lower case, without runs of spaces."""
        while True:
            content = self.content(self.random.choice(self.files))
            if len(content) < 64:
                continue
            own = next((target for mark, target in TARGETS.items() if content.lower().startswith(mark.lower())), ANY)
            is_text = all(byte in b"\t\r\n" or 32 <= byte < 127 for byte in content[:4096])
            if is_text and own == ANY and self.random.random() < 0.5:
                return b" ".join(content.lower().split()), TEXT
            return content, self.random.choice([ANY, own])

    def pattern(self, content: bytes, start: int | None = None) -> str:
        """A stretch of the bytes in hexadecimal, some of it as wildcards."""
        length = self.random.choice([6, 8, 10, 16, 24, 40, 60])
        if start is None:
            # Rather not the blanks and zeros that stand in every file.
            starts = [self.random.randrange(max(1, len(content) - length)) for _ in range(4)]
            start = max(starts, key=lambda at: len(set(content[at : at + length])))
        digits = [f"{byte:02x}" for byte in content[start : start + length]]
        # The engine wants some literal bytes on both sides of a wildcard.
        for at in range(self.random.randint(4, 30), len(digits) - 3, self.random.randint(4, 30)):
            byte = digits[at]
            digits[at] = self.random.choice(
                ["??", byte[0] + "?", "?" + byte[1], f"({byte}|{self.random.randrange(256):02x})", "{1}", "{0-4}", "*",
                 "{-9}"])  # fmt: skip
        if len(digits) > 12 and all(len(digit) == 2 for digit in digits) and self.random.random() < 0.2:
            digits[1:3] = ["[1-3]"]
        return "".join(digits)

    def body(self, number: int) -> tuple[str, str]:
        content, target = self.sample()
        start = max(
            (self.random.randrange(max(1, len(content) - 60)) for _ in range(4)),
            key=lambda at: len(set(content[at : at + 16])),
        )
        offset = "*" if target == TEXT else self.random.choice(
            ["*", "*", "*", str(start), f"{max(0, start - 20)},40", f"EOF-{len(content) - start}", "EP+0,4000"])  # fmt: skip
        if offset.startswith("EP") and target not in (1, 6):
            offset = "*"
        return "ndb", f"Cut.Body-{number}:{target}:{offset}:{self.pattern(content, start)}"

    def logical(self, number: int) -> tuple[str, str]:
        content, target = self.sample()
        count = self.random.randint(1, 4)
        parts = [self.part(content) for _ in range(count)]
        expression = self.random.choice(["&", "|"]).join(
            f"{part}{self.random.choice(['', '', '', '', '', '>0', '>0', '=1', '=0' if number % 50 == 0 else '>1', '<3' if number % 50 == 0 else ''])}" for part in range(count)
        )
        if self.random.random() < 0.3:
            text = bytes(byte for byte in content[:4096] if 97 <= byte <= 122)[:4].decode()
            if len(text) == 4:
                parts.append(f"0/[{text[0]}]{text[1:3]}?/{self.random.choice(['', 'i', 'gi'])}")
                expression = f"({expression})&{count}" if count > 1 else f"{expression}&1"
        return "ldb", f"Cut.Logical-{number};Engine:81-255,Target:{target};{expression};{';'.join(parts)}"

    def part(self, content: bytes) -> str:
        pattern, modifiers = self.pattern(content), self.random.choice(["", "", "", "::i", "::w", "::wa", "::aif"])
        offset = self.random.choice(["", "", "", "0,100000:"])
        if "[" in pattern:
            modifiers = ""
        return offset + pattern + modifiers

    def write(self, folder: pathlib.Path, count: int) -> None:
        for number in range(count):
            ending, row = self.random.choice([self.body, self.logical])(number)
            with open(folder / f"cut.{ending}", "a") as out:
                out.write(row + "\n")


def choose(folders: list[str], count: int, seed: int) -> list[pathlib.Path]:
    found = [path for folder in folders for path in sorted(pathlib.Path(folder).rglob("*"))]
    found = [path for path in found if path.is_file() and not path.is_symlink() and 6 <= path.stat().st_size <= 1 << 22]
    return random.Random(seed).sample(found, min(count, len(found)))


def scan(program: pathlib.Path, signatures: pathlib.Path, matching: str, files: list[pathlib.Path]) -> dict:
    """The answers by path."""
    answers = {}
    for start in range(0, len(files), 2000):
        command = [program, "scan", "--json", "--signatures", signatures, "--matching", matching, "--scanners", "1",
                   *files[start : start + 2000]]  # fmt: skip
        done = subprocess.run(command, capture_output=True, check=False, text=True)
        for line in done.stdout.splitlines():
            answer = json.loads(line)
            answers[answer["path"]] = answer
        sys.stderr.write("".join(line for line in done.stderr.splitlines(True) if "not clean" not in line))
    return answers


def findings(answer: dict | None) -> list:
    if answer is None:
        return ["no answer"]
    limits = sorted(answer["evidence"]["limits"])
    # Of more alerts than an answer holds, each engine reports its own first.
    names = sorted({(finding["kind"], finding["name"]) for finding in answer["findings"]})
    return [answer["verdict"], names if "too-many-alerts" not in limits else [], limits]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("signatures", type=pathlib.Path)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--files", type=int, default=4000)
    parser.add_argument("--cut", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / ".build/release/lazaret")
    options = parser.parse_args()
    files = choose(options.folders, options.files, options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) / "signatures"
        shutil.copytree(options.signatures, folder)
        if options.cut:
            Cutter(files, options.seed).write(folder, options.cut)
        whole, filtered = (scan(options.program, folder, matching, files) for matching in ("whole", "filtered"))
    infected = sum(answer["verdict"] == "infected" for answer in whole.values())
    left_out = sum(answer["evidence"]["engine"].endswith(", filtered") for answer in filtered.values())
    unanswered = sum(str(file) not in whole or str(file) not in filtered for file in files)
    different = [path for path in map(str, files) if findings(whole.get(path)) != findings(filtered.get(path))]
    names = {finding["name"] for answer in whole.values() for finding in answer["findings"]}
    print(
        f"{len(files)} files, {infected} infected by {len(names)} signatures; the filter left signatures out for {left_out};"
        f" {len(different)} differ, {unanswered} have no answer"
    )
    for path in different:
        print(f"{path}\n  whole     {findings(whole.get(path))}\n  filtered  {findings(filtered.get(path))}")
    return 1 if different or unanswered or not left_out else 0


if __name__ == "__main__":
    sys.exit(main())
