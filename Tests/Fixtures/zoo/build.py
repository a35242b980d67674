"""Builds the hostile zoo: `python3 build.py FOLDER` writes all files and `animals.json` there. Downloads nothing."""

import sys

import bombs
import carried
import containers
import documents
import encrypted
import letters
import images
import loops
import openpgp
import ordinary
import polyglots
import sealed
import truncated
import zips
from animals import EICAR, HIDDEN, PAYLOADS, Zoo, prose

# The largest file that libclamav 1.4 takes.
CEILING = 2_147_483_645


def main(folder):
    zoo = Zoo(folder)
    for family, payload in PAYLOADS.items():
        for name, data in containers.every_container(payload).items():
            zoo.add(f"{family}/{name}", data)
        for name, data in letters.every_letter(payload).items():
            zoo.add(f"letters-{family}/{name}", data)
    for name, data in letters.elsewhere(letters.every_letter(HIDDEN)).items():
        zoo.add(f"letters-hidden/{name}", data)
    letters.others(zoo, HIDDEN)
    containers.eicar_elsewhere(zoo, EICAR)
    zips.tricks(zoo, HIDDEN)
    encrypted.add_all(zoo, HIDDEN)
    documents.add_all(zoo, HIDDEN)
    carried.add_all(zoo, HIDDEN, prose(1200, 5))
    openpgp.add_all(zoo, HIDDEN)
    truncated.add_all(zoo)
    bombs.add_all(zoo, HIDDEN)
    loops.add_all(zoo)
    images.add_all(zoo, HIDDEN)
    polyglots.add_all(zoo, HIDDEN)
    sealed.add_all(zoo)
    ordinary.add_all(zoo)
    zoo.add_sparse("large/zeros-3g", 3 << 30)
    zoo.add_sparse("large/one-over-the-ceiling", CEILING + 1)
    zoo.add_sparse("large/eicar-behind-3g-stream", 3 << 30, EICAR, stream=True, timeout=300_000)
    zoo.add_sparse("large/zeros-3g-stream", 3 << 30, stream=True, timeout=300_000)
    zoo.add_sparse("large/the-ceiling", CEILING, timeout=300_000)
    zoo.add_sparse("large/eicar-at-the-ceiling", CEILING, EICAR, timeout=300_000)
    zoo.finish()


if __name__ == "__main__":
    main(sys.argv[1])
