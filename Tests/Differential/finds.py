"""A find: a file called clean, out of which an ordinary reader takes the payload. It is made smaller and saved with the
commands that show it."""

import json
import os
from dataclasses import asdict, dataclass

from readers import reader_that_shows

_ATTEMPTS = 24


@dataclass
class Find:
    case: int
    seed: str
    form: str
    mutations: str
    reader: str
    file: str
    size: int

    @property
    def kind(self):
        """Finds of one kind are told once: the form, what was done to it, and who reads it."""
        return f"{self.form}: {self.mutations} -> {self.reader}"


def smallest(seed, data, reader, scanner, room):
    """A find with as few differences to its seed as some attempts reach: each stretch of changed bytes is put back, if
    what is left is still a find. Only for mutants of the seed's length."""
    if len(data) != len(seed.data):
        return data
    places = [place for place in range(len(data)) if data[place] != seed.data[place]]
    stretches = []
    for place in places:
        if stretches and place - stretches[-1][1] <= 4:
            stretches[-1][1] = place
        else:
            stretches.append([place, place])
    for first, last in stretches[:_ATTEMPTS] if len(stretches) > 1 else []:
        back = data[:first] + seed.data[first : last + 1] + data[last + 1 :]
        if scanner.verdict_of(back) == "clean" and reader_that_shows(back, seed.name, room, only=reader):
            data = back
    return data


def differences(before, after):
    """The changed bytes of a mutant of the seed's length, for people."""
    if len(before) != len(after):
        return f"{len(before)} bytes became {len(after)}"
    changed = [f"{at:#x}: {before[at]:02x}->{after[at]:02x}" for at in range(len(after)) if before[at] != after[at]]
    return ", ".join(changed[:16]) + (" …" if len(changed) > 16 else "")


def save(find, seed, data, folder, program, signatures):
    """Writes the file, and beside it how it was made and how it is shown."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, find.file)
    with open(path, "wb") as file:
        file.write(data)
    with open(path + ".json", "w") as file:
        json.dump(
            {
                **asdict(find),
                "kind": find.kind,
                "differences": differences(seed.data, data),
                "scan": f"{program} scan --json --signatures {signatures} {path}",
                "reader": find.reader,
            },
            file,
            indent=1,
        )
