"""The zoo's folder, its list of files, and the payloads in them."""

import hashlib
import json
import os
import random

# The EICAR test file, assembled so that no file of the project contains it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICA" + b"R-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def noise(size, seed=1):
    """Incompressible bytes, the same in every run."""
    return random.Random(seed).randbytes(size)


def prose(size, seed=1):
    """Compressible text without a meaning."""
    words = "the quarantine station holds every vessel until its cargo was seen by two of the wardens".split()
    chosen, out, length = random.Random(seed), [], 0
    while length < size:
        out.append(chosen.choice(words))
        length += len(out[-1]) + 1
        if len(out) % 12 == 0:
            out[-1] += "\n"
    return " ".join(out).encode()[:size]


# Found only by the hash of the whole file: matching a container's bytes without opening it does not find it.
HIDDEN = b"A payload that only the hash of its file gives away.\n" + noise(400, 7).hex().encode()

PAYLOADS = {"eicar": EICAR, "hidden": HIDDEN}


class Zoo:
    """The folder of the zoo's files. `add` writes one; `finish` writes the list that the test reads."""

    eicar = EICAR

    def __init__(self, folder):
        self.folder = folder
        self.animals = []
        os.makedirs(folder, exist_ok=True)

    def path(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        assert all(animal["name"] != name for animal in self.animals), name
        return path

    def add(self, name, data, **limits):
        """Adds one file. `limits` are its ScanLimits: timeout (ms), maxFiles, maxScanSize, maxRecursion,
        stream (over the ceiling), encrypted."""
        with open(self.path(name), "wb") as file:
            file.write(data)
        self.animals.append({"name": name, "limits": limits})

    def add_sparse(self, name, size, tail=b"", **limits):
        """Adds a sparse file of zeros with `tail` at its end."""
        with open(self.path(name), "wb") as file:
            file.truncate(size)
            file.seek(size - len(tail))
            file.write(tail)
        self.animals.append({"name": name, "limits": limits})

    def again(self, name, other, **limits):
        """Adds the bytes of `other` with other limits."""
        os.link(os.path.join(self.folder, other), self.path(name))
        self.animals.append({"name": name, "limits": limits})

    def finish(self):
        with open(os.path.join(self.folder, "animals.json"), "w") as file:
            hidden = {"sha256": hashlib.sha256(HIDDEN).hexdigest(), "size": len(HIDDEN)}
            json.dump({"animals": self.animals, "hidden": hidden}, file)
