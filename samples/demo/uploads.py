"""The demo's uploads with their expected verdicts."""

import io
import pathlib
import zipfile
from typing import NamedTuple

FILES = pathlib.Path(__file__).resolve().parents[1] / "files"


class Upload(NamedTuple):
    key: str
    body: bytes
    declared: str
    verdict: str
    in_parts: bool = False


def eicar() -> bytes:
    """The harmless test file that every scanner detects (eicar.org), put together at run time, so that no scanner detects
    it in this repository."""
    return rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"


def zip_of(name: str, body: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, body)
    return file.getvalue()


def harbour_log() -> bytes:
    """Twelve million bytes of text, for a multipart upload."""
    lines = (f"{hour // 24:04d} {hour % 24:02d}:00 all quiet at berth {hour % 7}\n".encode() for hour in range(400_000))
    return b"".join(lines)


def uploads() -> list[Upload]:
    def file(name: str, declared: str, verdict: str, under: str = "") -> Upload:
        return Upload("uploads/" + (under or name), (FILES / name).read_bytes(), declared, verdict)

    return [
        file("holiday.png", "image/png", "clean"),
        file("portrait.jpg", "image/jpeg", "clean"),
        file("invoice.pdf", "application/pdf", "clean"),
        file("minutes.txt", "text/plain", "clean"),
        file("minutes.txt", "text/plain", "clean", under="2026/Grüße + 100 % 🐟.txt"),
        Upload("uploads/harbour-log.txt", harbour_log(), "text/plain", "clean", in_parts=True),
        file("empty.txt", "text/plain", "clean"),
        Upload("uploads/readme.txt", eicar(), "text/plain", "infected"),
        Upload("uploads/archive.zip", zip_of("inner/readme.txt", eicar()), "application/zip", "infected"),
        file("payslips.zip", "application/zip", "unscannable"),
        file("screenshot.png", "image/png", "rejected"),
    ]
