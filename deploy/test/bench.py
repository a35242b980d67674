"""What the tests of the image, the package and the unit share: a local cloud with the demo's uploads, and the comparison
of the ledger with the buckets."""

import json
import pathlib
import sys
import tempfile
import time
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "samples/demo"), str(ROOT / "Tests/Fixtures")]

import demo  # noqa: E402
from cloud import Cloud  # noqa: E402
from uploads import uploads  # noqa: E402

SIGNATURES = ROOT / "samples/signatures"
PIPELINES = ROOT / "samples/pipelines"


class Station:
    """A local cloud, and the demo's uploads in it."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="lazaret-deploy.")
        self.path = pathlib.Path(self.folder.name)
        # The workers run as other users.
        self.path.chmod(0o755)
        self.cloud = Cloud(self.path / "cloud.log")
        self.cloud.create_resources()
        self.sent = uploads()

    def __enter__(self) -> "Station":
        return self

    def __exit__(self, *_: object) -> None:
        self.cloud.close()
        self.folder.cleanup()

    @property
    def settings(self) -> dict[str, str]:
        """The worker's variables for the cloud."""
        return {name: value for name, value in self.cloud.environment.items() if name != "PATH"} | {
            "LAZARET_QUEUE": self.cloud.queue
        }

    def upload(self) -> None:
        for upload in self.sent:
            send = self.cloud.upload_in_parts if upload.in_parts else self.cloud.upload
            send(upload.key, upload.body, upload.declared)

    @staticmethod
    def parse(listed: str) -> dict[str, dict]:
        """The jobs by key, from what `lazaret jobs list --json` prints."""
        jobs = [json.loads(line) for line in listed.splitlines()]
        by_key = {job["key"]: job for job in jobs}
        if len(by_key) != len(jobs):
            fail("the ledger has more than one job for a key that was uploaded once")
        return by_key

    def await_settled(self, list_jobs: Callable[[], dict[str, dict]], limit: float = 120) -> None:
        """Waits until every upload's job has ended and the queue is empty, then compares the ledger with the buckets."""
        end = time.monotonic() + limit
        while True:
            jobs = list_jobs()
            settled = [job for job in jobs.values() if job["outcome"] == "settled"]
            if len(settled) == len(self.sent) and self.cloud.waiting(self.cloud.queue) == 0:
                return demo.check(self.cloud, self.sent, jobs)
            if time.monotonic() > end:
                fail(f"{len(settled)} of {len(self.sent)} uploads were settled after {limit} s")
            time.sleep(0.2)


def fail(text: str) -> None:
    raise demo.Failed(text)


START = time.monotonic()


def say(text: str) -> None:
    """Prints a step that was done, with the time since the start."""
    print(f"  {time.monotonic() - START:5.1f} s  {text}", flush=True)


def run(main: Callable[[], None]) -> None:
    """Runs a test's main function; what fails is one message."""
    try:
        main()
    except demo.Failed as failure:
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {failure}")
    print(f"{pathlib.Path(sys.argv[0]).name}: passed in {time.monotonic() - START:.0f} s")
