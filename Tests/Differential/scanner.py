"""The scanner under test: `lazaret scan` on many files at a time."""

import json
import os
import subprocess


class Scanner:
    """Verdicts by `lazaret scan --json` with the fuzzer's signatures."""

    def __init__(self, program, signatures, room):
        self.program, self.signatures, self.room = program, signatures, room

    def verdicts(self, paths):
        """Returns the answer on each path: a dictionary with `verdict`, `findings`, `evidence`. A file without an
        answer has the verdict `none`: the scanner's own failure, which proves nothing."""
        command = [self.program, "scan", "--json", "--signatures", self.signatures, "--spool", self.room, *paths]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        answers = {path: {"verdict": "none", "findings": [], "evidence": {}} for path in paths}
        for line in done.stdout.splitlines():
            answer = json.loads(line)
            answers[answer["path"]] = answer
        return [answers[path] for path in paths]

    def verdict_of(self, data):
        path = os.path.join(self.room, "one")
        with open(path, "wb") as file:
            file.write(data)
        return self.verdicts([path])[0]["verdict"]


def reasons(answer):
    """The findings of an answer as one line."""
    return " ".join(f"{finding['name']}({finding['detail']})" for finding in answer["findings"])


def milliseconds(answer):
    return answer["evidence"].get("scanMillis") or 0
