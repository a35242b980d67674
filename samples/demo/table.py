"""Prints the outcome of each file: a line of facts, and below it where the file is now."""

import os
import shutil
import sys

COLUMNS = (("file", 26), ("declared", 16), ("detected", 24), ("verdict", 11), ("finding", 26), ("disposition", 11))
COLOURS = {"clean": "32", "infected": "31", "unscannable": "33", "rejected": "33"}


def fit(text: str, width: int) -> str:
    """The text cut to `width` characters, with control characters replaced."""
    visible = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return visible if len(visible) <= width else visible[: width - 1] + "…"


def paint(text: str, verdict: str) -> str:
    is_coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return f"\x1b[{COLOURS[verdict]}m{text}\x1b[0m" if is_coloured and verdict in COLOURS else text


def print_table(rows: list[dict[str, str]]) -> None:
    """Prints rows whose keys are the columns' names and `location`."""
    wide = min(shutil.get_terminal_size((120, 24)).columns, 120)
    print("  ".join(name.upper().ljust(width) for name, width in COLUMNS).rstrip())
    for row in rows:
        cells = [fit(row[name], width).ljust(width) for name, width in COLUMNS]
        cells[3] = paint(cells[3], row["verdict"])
        print("  ".join(cells).rstrip())
        print("    " + fit(row["location"], wide - 4))
