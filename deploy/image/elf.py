"""Which libraries of a folder a program needs, by its dynamic section (`readelf -d`), without running anything of it."""

import pathlib
import re
import subprocess

LIBRARIES = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "lib64", "usr/lib/x86_64-linux-gnu/gconv")
NEEDED = re.compile(r"\(NEEDED\).*\[(.*)\]")


def needed(file: pathlib.Path) -> list[str]:
    dynamic = subprocess.run(["readelf", "-d", file], check=True, capture_output=True, text=True).stdout
    return NEEDED.findall(dynamic)


def closure(root: pathlib.Path, files: list[pathlib.Path]) -> set[pathlib.Path]:
    """The libraries in `root` that the files need, and those that these need. Each is a real path within `root`."""
    found: set[pathlib.Path] = set()
    names = {name for file in files for name in needed(file)}
    seen: set[str] = set()
    while names - seen:
        name = (names - seen).pop()
        seen.add(name)
        place = next((root / folder / name for folder in LIBRARIES if (root / folder / name).exists()), None)
        if place is None:
            raise SystemExit(f"image: no package has {name}, which is needed")
        found.add(place)
        names.update(needed(place))
    return found
