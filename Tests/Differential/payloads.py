"""What the fuzzer hides in containers, the signatures that find it, and how it is recognised in a reader's output."""

import hashlib
import lzma
import os

from animals import HIDDEN, prose

# Assembled, so that no file of the project contains it.
MARKER = b"Lazaret differential " + b"marker 7c1f40d2b96e, found by its bytes alone."

_text = prose(600, 11) + b"\n" + MARKER + b"\n" + prose(700, 12)

# The kinds of payload. `text` has the marker in compressible text; a container that stores its members shows it, so
# there `packed` is used: the same text as a stream of LZMA, which no reader finds by a mark. `hash` is found by the hash
# of the whole file alone.
PAYLOADS = {"text": _text, "packed": lzma.compress(_text, lzma.FORMAT_ALONE), "hash": HIDDEN}

INNOCENT = prose(len(_text), 13)


def write_signatures(folder):
    """Writes the two signatures into a folder: the marker anywhere, and the hash of a whole file."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "differential.ndb"), "w") as file:
        file.write(f"Lazaret.Differential.Marker:0:*:{MARKER.hex()}\n")
    with open(os.path.join(folder, "differential.hsb"), "w") as file:
        file.write(f"{hashlib.sha256(HIDDEN).hexdigest()}:{len(HIDDEN)}:Lazaret.Differential.Hash:73\n")


def is_shown(data):
    """Whether the bytes of one extracted file are the payload: the marker, also in one stream of LZMA; or the hash."""
    if MARKER in data or data == HIDDEN:
        return True
    if data[:3] == PAYLOADS["packed"][:3]:
        try:
            return MARKER in lzma.LZMADecompressor(lzma.FORMAT_ALONE, 64 << 20).decompress(data, 1 << 20)
        except lzma.LZMAError:
            return False
    return False
