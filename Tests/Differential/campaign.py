"""One run of the fuzzer: batches of cases by two workers, their results in a file that a later run goes on from."""

import collections
import hashlib
import json
import multiprocessing
import os
import random
import tempfile
import time

import finds
import seeds
from mutators import mutate
from payloads import write_signatures
from readers import leave_the_network, reader_that_shows
from scanner import Scanner, milliseconds, reasons

_BATCH = 100
_SLOW = 2_000


class Campaign:
    """Cases are numbered. Case n of a seed is the same in every run: it depends on the seed and on n alone."""

    def __init__(self, folder, seed, program, forms):
        self.folder, self.seed, self.program = folder, seed, os.path.abspath(program)
        self.hostile, self.innocent = seeds.load(folder)
        self.by_form = collections.defaultdict(list)
        for hostile in self.hostile:
            if not forms or hostile.form in forms:
                self.by_form[hostile.form].append(hostile)
        self.forms = sorted(self.by_form)
        self.signatures = os.path.join(folder, "signatures")
        write_signatures(self.signatures)
        state = hashlib.sha256(repr((seed, sorted(forms), _digest(self.program), _digest(_path(folder)))).encode())
        self.run_folder = os.path.join(folder, f"run-{state.hexdigest()[:12]}")
        self.results = os.path.join(self.run_folder, "results.jsonl")
        self.finds = os.path.join(self.run_folder, "finds")
        os.makedirs(self.run_folder, exist_ok=True)

    def case(self, number):
        """The seed and the mutant of a case. Forms take turns, so that one with many seeds takes no more cases."""
        chance = random.Random(f"{self.seed}:{number}")
        form = self.forms[number % len(self.forms)]
        seed = chance.choice(self.by_form[form])
        data, done = mutate(seed, self.innocent, chance)
        return seed, data, done

    def run(self, cases, workers):
        """Runs the batches that have no result yet; the first are the unmutated seeds."""
        done = {line["batch"] for line in self._lines()}
        batches = ["seeds"] + [str(first) for first in range(0, cases, _BATCH)]
        left = [
            (batch, min(_BATCH, cases - int(batch)) if batch != "seeds" else 0)
            for batch in batches
            if batch not in done
        ]
        with multiprocessing.Pool(workers, initializer=leave_the_network) as pool:
            for result in pool.imap_unordered(self._batch, left):
                with open(self.results, "a") as file:
                    file.write(json.dumps(result) + "\n")
                shown = "".join(f"\n  FIND {find['kind']}  {find['file']}" for find in result["finds"])
                print(
                    f"batch {result['batch']}: {result['seconds']:.0f} s, "
                    f"{len(result['finds'])} finds, {len(result['alarms'])} false alarms{shown}",
                    flush=True,
                )

    def _lines(self):
        if not os.path.exists(self.results):
            return []
        with open(self.results) as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def _batch(self, chosen):
        batch, count = chosen
        began = time.monotonic()
        if batch == "seeds":
            forms = set(self.forms)
            cases = [
                (-1, seed, seed.data, ["as built"]) for seed in [*self.hostile, *self.innocent] if seed.form in forms
            ]
        else:
            cases = [(number, *self.case(number)) for number in range(int(batch), int(batch) + count)]
        with tempfile.TemporaryDirectory(prefix="differential-") as room:
            os.chmod(room, 0o711)
            result = self._examine(cases, room)
        return {"batch": batch, **result, "seconds": time.monotonic() - began}

    def _examine(self, cases, room):
        scanner = Scanner(self.program, self.signatures, room)
        paths = []
        for place, (_, seed, data, _) in enumerate(cases):
            paths.append(os.path.join(room, f"{place}.{seed.ending}"))
            with open(paths[-1], "wb") as file:
                file.write(data)
        result = {
            "cases": collections.Counter(),
            "clean": collections.Counter(),
            "verdicts": collections.Counter(),
            "finds": [],
            "alarms": [],
            "slow": [],
            "worst": [0, ""],
            "failed": [],
        }
        for path, answer, (number, seed, data, done) in zip(paths, scanner.verdicts(paths), cases):
            self._account(result, scanner, answer, number, seed, data, done, room)
            os.unlink(path)
        return result

    def _account(self, result, scanner, answer, number, seed, data, done, room):
        verdict, time_taken = answer["verdict"], milliseconds(answer)
        result["cases"][seed.form] += 1
        result["verdicts"][verdict] += 1
        title = f"{number} {seed.title} {'+'.join(done)}"
        if time_taken > result["worst"][0] and len(data) <= 1 << 20:
            result["worst"] = [time_taken, title]
        if time_taken >= _SLOW:
            result["slow"].append([time_taken, title, reasons(answer)])
        if verdict == "none":
            result["failed"].append(title)
        if seed.payload == "innocent":
            if verdict != "clean":
                result["alarms"].append([seed.name, verdict, reasons(answer)])
        elif verdict == "clean":
            result["clean"][seed.form] += 1
            reader = reader_that_shows(data, seed.name, room)
            if reader:
                result["finds"].append(self._find(scanner, reader, number, seed, data, done, room))

    def _find(self, scanner, reader, number, seed, data, done, room):
        data = finds.smallest(seed, data, reader, scanner, room)
        name = f"{number if number >= 0 else 'as-built'}-{seed.payload}-{seed.name}"
        find = finds.Find(number, seed.title, seed.form, "+".join(done), reader, name, len(data))
        finds.save(find, seed, data, self.finds, self.program, self.signatures)
        return {**finds.asdict(find), "kind": find.kind}

    def report(self):
        """Prints what all batches came to. Returns 1 if there is a find, else 0."""
        total, clean, verdicts = collections.Counter(), collections.Counter(), collections.Counter()
        kinds, slow, seconds, alarms = collections.Counter(), [], 0, []
        for line in self._lines():
            total.update(line["cases"])
            clean.update(line["clean"])
            verdicts.update(line["verdicts"])
            kinds.update(find["kind"] for find in line["finds"])
            slow += [line["worst"], *line["slow"]]
            alarms += line["alarms"]
            seconds += line["seconds"]
        print(f"\n{sum(total.values())} cases, {seconds:.0f} s of work, verdicts {dict(verdicts)}")
        print(
            "cases by form (of which clean): "
            + ", ".join(f"{form} {total[form]} ({clean[form]})" for form in sorted(total))
        )
        for name, verdict, why in alarms:
            print(f"false alarm on a seed: {name}: {verdict} {why[:160]}")
        for taken, *what in sorted(slow, reverse=True)[:8]:
            print(f"{taken} ms: {' '.join(what)[:200]}")
        for kind, count in kinds.most_common():
            print(f"FIND {count} x {kind}")
        print(f"finds are in {self.finds}" if kinds else "no finds")
        return 1 if kinds else 0


def _path(folder):
    return os.path.join(folder, "seeds.pickle")


def _digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
