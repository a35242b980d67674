"""The differential fuzzer: what an ordinary reader extracts with the payload in it must not be called clean.

`python Tests/Differential --cases 20000 --seed 1` goes on where a run with the same seed, scanner and containers was
stopped.
"""

import sys

sys.dont_write_bytecode = True

import argparse
import os

_PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(1, os.path.join(_PROJECT, "Tests", "Fixtures", "zoo"))

from campaign import Campaign  # noqa: E402
from readers import missing_tools  # noqa: E402


def main():
    parser = argparse.ArgumentParser(prog="Differential", description=__doc__.split("\n\n")[0])
    parser.add_argument("--cases", type=int, default=20_000, help="how many mutants (default: 20000)")
    parser.add_argument("--seed", default="1", help="of the random choices (default: 1)")
    parser.add_argument("--forms", default="", help="only these forms, with commas between them")
    parser.add_argument("--scanner", default=os.path.join(_PROJECT, ".build", "release", "lazaret"))
    parser.add_argument(
        "--folder", default=os.path.join(_PROJECT, ".build", "differential"), help="of seeds, progress and finds"
    )
    parser.add_argument("--workers", type=int, default=2, choices=(1, 2))
    chosen = parser.parse_args()
    missing = missing_tools()
    if missing:
        print(f"readers that are not installed: {', '.join(missing)}", file=sys.stderr)
    os.nice(10)
    forms = set(filter(None, chosen.forms.split(",")))
    campaign = Campaign(chosen.folder, chosen.seed, chosen.scanner, forms)
    campaign.run(chosen.cases, chosen.workers)
    return campaign.report()


if __name__ == "__main__":
    sys.exit(main())
