"""How much faster several workers empty one queue: `make bench-scale`.

One, two and four release workers share a queue and a ledger on PostgreSQL. The scan takes a known time without
processor time: the tests' scanner (`Tests/HostileScanner`) answers after as many milliseconds as an object's first line
asks for. What is measured is from the first receipt to the last outcome in the ledger.

    scale.py [--milliseconds 1000] [--scanners 4] [--seconds 20] [--workers 1 2 4] [--binaries .build/release]
"""

import argparse
import concurrent.futures
import contextlib
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "samples/demo"))
from cloud import INCOMING, Cloud, die_with_parent  # noqa: E402

PIPELINE = """
pipeline: bench
match: { bucket: acme-incoming, prefix: uploads/ }
then:
  clean:       { move: "s3://acme-media/permanent/{rest}" }
  infected:    delete
  unscannable: delete
  rejected:    delete
"""


class Postgres:
    """A server of the newest version that Debian has installed, which syncs to its disk."""

    def __init__(self):
        programs = max(pathlib.Path("/usr/lib/postgresql").iterdir(), key=lambda folder: int(folder.name)) / "bin"
        self.server = subprocess.Popen(
            ["/bin/sh", str(ROOT / "Tests/Fixtures/kit/postgres.sh"), str(programs), "shared_buffers=128MB"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.folder = self.server.stdout.readline().strip()
        while "ready to accept connections" not in self.server.stderr.readline():
            pass

    @property
    def url(self) -> str:
        return f"postgres://lazaret@/postgres?host={self.folder}"

    def close(self) -> None:
        self.server.stdin.close()
        self.server.wait()


def time_of(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def measure(options: argparse.Namespace, workers: int) -> dict:
    """Empties a queue with some workers. Returns objects a second, and the workers' processor time an object."""
    count = workers * options.scanners * options.seconds * 1000 // options.milliseconds
    with tempfile.TemporaryDirectory(prefix="lazaret-scale-") as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        (folder / "pipelines").mkdir()
        (folder / "pipelines/bench.yaml").write_text(PIPELINE)
        programs = folder / "programs"
        programs.mkdir()
        shutil.copy(options.binaries / "lazaret", programs / "lazaret")
        shutil.copy(options.scanner, programs / "lazaret-scanner")
        cloud = Cloud(folder / "cloud.log")
        stack.callback(cloud.close)
        cloud.create_resources()
        postgres = Postgres()
        stack.callback(postgres.close)

        def put(number: int) -> None:
            body = f"hostile: late {options.milliseconds}\nobject {number}\n".encode()
            # Each uploader has a share of its own.
            cloud.s3.put_object(
                Bucket=INCOMING, Key=f"uploads/{number % 64}/{number}.txt", Body=body, ContentType="text/plain"
            )

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(put, range(count)))
        command = [
            str(programs / "lazaret"), "run", "--queue", cloud.queue, "--pipelines", str(folder / "pipelines"),
            "--ledger", postgres.url, "--signatures", str(ROOT / "samples/signatures"), "--until-idle", "2",
            "--scanners", str(options.scanners), "--concurrency", "16",
        ]  # fmt: skip
        running = [
            subprocess.Popen(
                command, env=cloud.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, preexec_fn=die_with_parent,
            )
            for _ in range(workers)
        ]  # fmt: skip
        logs = [worker.communicate(timeout=1200)[1] for worker in running]
        if any(worker.returncode != 0 for worker in running):
            sys.exit(f"a worker failed:\n{logs[0].decode()[-2000:]}")
        summaries = [json.loads(log.splitlines()[-1]) for log in logs]
        listed = subprocess.run(
            [command[0], "jobs", "list", "--json", "--limit", "1000000", "--ledger", postgres.url],
            env=cloud.environment, check=True, capture_output=True, timeout=120,
        ).stdout  # fmt: skip
        jobs = [json.loads(line) for line in listed.splitlines()]
        if len(jobs) != count or any(job["disposition"] != "promoted" for job in jobs):
            sys.exit(f"{len(jobs)} of {count} jobs, not all promoted")
        begin = min(time_of(job["firstReceivedAt"]) for job in jobs)
        seconds = (max(time_of(job["finishedAt"]) for job in jobs) - begin).total_seconds()
        return {
            "workers": workers, "objects": count, "seconds": seconds, "rate": count / seconds,
            "possible": workers * options.scanners * 1000 / options.milliseconds,
            "cpu": sum(one["workerCPUSeconds"] for one in summaries) / count,
            "sqs": sum(one["sqsRequests"] for one in summaries) / count,
            "s3": sum(one["s3Requests"] for one in summaries) / count,
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--milliseconds", type=int, default=1000)
    parser.add_argument("--scanners", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--binaries", type=pathlib.Path, default=ROOT / ".build/release")
    parser.add_argument("--scanner", type=pathlib.Path, default=ROOT / ".build/debug/HostileScanner")
    options = parser.parse_args()
    print(f"a scan takes {options.milliseconds} ms; {options.scanners} scanners a worker; {os.cpu_count()} cores;"
          f" load {os.getloadavg()[0]:.0f}")  # fmt: skip
    print("workers  objects  seconds  objects/s  of what is possible  to one worker  CPU ms  S3  SQS (an object)")
    one = None
    for workers in options.workers:
        result = measure(options, workers)
        one = one or result["rate"] / workers
        print(f"{workers:7}  {result['objects']:7}  {result['seconds']:7.1f}  {result['rate']:9.2f}"
              f"  {result['rate'] / result['possible']:19.2f}  {result['rate'] / one:13.2f}"
              f"  {result['cpu'] * 1000:6.1f}  {result['s3']:.1f}  {result['sqs']:.2f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
