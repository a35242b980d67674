"""The seeds: small containers of every form, each with the payload as a member, and a twin without it."""

import os
import pickle
from dataclasses import dataclass

import carried
import containers
import images
import packages
from payloads import INNOCENT, MARKER, PAYLOADS

# Forms of which a seed's name says more than its ending does.
_FORMS = {
    "docx": "zip",
    "xlsx": "zip",
    "odt": "zip",
    "epub": "zip",
    "jar": "zip",
    "exe": "self-extractor",
    "a": "ar",
    "lz": "lzip",
    "zst": "zstd",
    "gz": "gzip",
    "bz2": "bzip2",
    "Z": "compress",
    "lzh": "lha",
    "doc": "ole2",
    "eml": "mail",
    "img": "image",
    "shar": "sh",
    "git": "patch",
    "c,v": "patch",
    "dump": "patch",
}


@dataclass(frozen=True)
class Seed:
    name: str
    form: str
    payload: str
    data: bytes

    @property
    def ending(self):
        return self.name.rpartition(".")[2]

    @property
    def title(self):
        return f"{self.name}#{self.payload}"


def form_of(name):
    ending = name.rpartition(".")[2]
    return _FORMS.get(ending, ending)


def _build(payload):
    built = dict(containers.every_container(payload))
    built.update(packages.every_package(payload))
    built.update(images.every_image(payload))
    built.update({f"carried-{name}": data for name, data in carried.every_carrier(payload).items()})
    return {name: data for name, data in built.items() if data}


def build_all():
    """Returns the hostile seeds and the innocent ones, in the order of their names. A seed in which the marker stands
    in the clear is left out: matching its bytes finds it, whatever its container does."""
    hostile = []
    for kind, payload in PAYLOADS.items():
        for name, data in sorted(_build(payload).items()):
            if MARKER not in data:
                hostile.append(Seed(name, form_of(name), kind, data))
    innocent = [Seed(name, form_of(name), "innocent", data) for name, data in sorted(_build(INNOCENT).items())]
    return hostile, innocent


def load(folder):
    """The seeds, built once into a folder: some tools write times and random numbers, and a run is to be repeated."""
    path = os.path.join(folder, "seeds.pickle")
    if os.path.exists(path):
        with open(path, "rb") as file:
            return pickle.load(file)
    seeds = build_all()
    os.makedirs(folder, exist_ok=True)
    with open(path + ".new", "wb") as file:
        pickle.dump(seeds, file)
    os.rename(path + ".new", path)
    return seeds
