"""Honest files of every format that people upload: `python corpus OUT` writes them and OUT/declared.tsv: a line for each file and
each type that programs declare for it. All but those in `kept` are made here, by the libraries and programs that people use,
or by hand where a writer would be large. Nothing is downloaded."""

import pathlib
import sys
import warnings

import archives
import data
import devices
import documents
import exports
import kept
import leisure
import letters
import pdfs
import pictures
import studios
import texts
import trades
import unusual
import workshops


def every():
    picture = pictures.png()
    photos = [pictures.encoded(pictures.gradient(mode), "JPEG") for mode in ("RGB", "L", "CMYK")]
    yield from documents.every(picture)
    yield from pictures.every()
    yield from pdfs.every(picture, photos)
    yield from archives.every()
    yield from letters.every(picture, pdfs.drawn())
    yield from texts.every()
    yield from data.every()
    yield from devices.every()
    yield from workshops.every()
    yield from studios.every()
    yield from exports.every()
    yield from leisure.every()
    yield from trades.every()
    yield from kept.every()
    yield from unusual.every(documents.TEXT.encode())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    out = pathlib.Path(sys.argv[1])
    names = set()
    with (out / "declared.tsv").open("w") as table:
        for name, body, types in every():
            assert name not in names, name
            names.add(name)
            (out / name).write_bytes(body)
            for declared in types:
                table.write(f"{name}\t{declared}\n")
