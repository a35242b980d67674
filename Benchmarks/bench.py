"""The cost of a small object, compared with a plain Python worker that makes the same requests: `make bench`.

Both process the same objects of 3 KB from the same local cloud in turn, so that their ratio is meaningful on a noisy
machine; the absolute figures are not. The plain worker (boto3, one thread) receives, fetches, copies, deletes and
acknowledges; it neither scans nor records anything. Then one large object shows throughput and memory, and uploads of
one key show that they cost the same with 100,000 earlier ones in the ledger.

    bench.py [OBJECTS=1000] [LARGE_MIB=300]

LAZARET_BENCH_BINARIES is the folder of other programs than the release's.
"""

import concurrent.futures
import json
import os
import pathlib
import resource
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "samples/demo"))
from cloud import INCOMING, MEDIA, Cloud, die_with_parent  # noqa: E402

LAZARET = pathlib.Path(os.environ.get("LAZARET_BENCH_BINARIES", ROOT / ".build/release")) / "lazaret"
PAST_UPLOADS = 100_000
PIPELINE = """
pipeline: bench
match: { bucket: acme-incoming, prefix: uploads/ }
accept: { max-size: 2GiB, types: ["text/*"] }
then:
  clean:       { move: "s3://acme-media/permanent/{rest}" }
  infected:    delete
  unscannable: delete
  rejected:    delete
"""


def fill(cloud: Cloud, count: int) -> None:
    line = b"The harbour master notes wind, tide and the flag of each ship. "
    def put(number: int) -> None:
        body = (b"%08d " % number + line * 60)[:3072]
        cloud.s3.put_object(Bucket=INCOMING, Key=f"uploads/{number:06}.txt", Body=body, ContentType="text/plain")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(count)))


def lazaret(cloud: Cloud, scratch: pathlib.Path, name: str) -> dict:
    """Runs the worker until the queue is empty. Returns its summary."""
    done = subprocess.run(
        [str(LAZARET), "run", "--queue", cloud.queue, "--pipelines", str(scratch / "pipelines"),
         "--ledger", f"sqlite:{scratch}/{name}.db", "--signatures", str(ROOT / "samples/signatures"),
         "--until-idle", "1", "--concurrency", "16"],
        env=cloud.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        preexec_fn=die_with_parent, timeout=600,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith(b"{")]
    if done.returncode != 0 or not lines or lines[-1]["message"] != "finished":
        sys.exit(f"the worker exited with {done.returncode}:\n{done.stderr.decode()[-2000:]}")
    return lines[-1]


def plain(cloud: Cloud) -> tuple[int, float, float]:
    """Runs the plain worker. Returns objects, CPU seconds and elapsed seconds."""
    def cpu() -> float:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime
    objects, started, before = 0, time.monotonic(), cpu()
    while True:
        messages = cloud.sqs.receive_message(QueueUrl=cloud.queue, MaxNumberOfMessages=10).get("Messages", [])
        if not messages:
            return objects, cpu() - before, time.monotonic() - started
        for message in messages:
            for record in json.loads(message["Body"])["Records"]:
                key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
                etag = cloud.s3.get_object(Bucket=INCOMING, Key=key)["ETag"]
                source = {"Bucket": INCOMING, "Key": key}
                cloud.s3.copy_object(Bucket=MEDIA, Key="plain/" + key, CopySource=source, CopySourceIfMatch=etag)
                cloud.s3.delete_object(Bucket=INCOMING, Key=key)
                objects += 1
        entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
        cloud.sqs.delete_message_batch(QueueUrl=cloud.queue, Entries=entries)


def fill_ledger(path: pathlib.Path, key: bytes, count: int) -> None:
    """Adds jobs of earlier uploads of one key, each promoted to the same place, to a worker's ledger."""
    place = b"permanent/" + key.removeprefix(b"uploads/")
    database = sqlite3.connect(path)
    with database:
        database.executemany(
            "INSERT INTO jobs (id, bucket, key, etag, sequencer, event_name, event_time, first_received_at, attempts,"
            " worker, verdict, bytes_read, outcome, disposition, destination_bucket, destination_key, planned_bucket,"
            " planned_key, finished_at) VALUES (?, ?, ?, ?, ?, 'ObjectCreated:Put', ?, ?, 1, 'w', 'clean', 1, 'settled',"
            " 'promoted', ?, ?, ?, ?, ?)",
            (
                (f"{number + (1 << 100):032x}", INCOMING, key, f"{number:032x}", f"{number + 16:018x}", number, number,
                 MEDIA, place, MEDIA, place, number)
                for number in range(count)
            ),
        )  # fmt: skip
    database.close()


def one_key(cloud: Cloud, scratch: pathlib.Path, past: int, uploads: int = 100) -> float:
    """Uploads one key again and again, and waits for each. Returns the median of the milliseconds."""
    ledger = scratch / f"one-key-{past}.db"
    command = [
        str(LAZARET), "run", "--queue", cloud.queue, "--pipelines", str(scratch / "pipelines"), "--ledger",
        f"sqlite:{ledger}", "--signatures", str(ROOT / "samples/signatures"),
    ]  # fmt: skip
    quiet = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # Makes the tables.
    subprocess.run([*command, "--until-idle", "1"], env=cloud.environment, check=True, timeout=60, **quiet)
    if past:
        fill_ledger(ledger, b"uploads/same.txt", past)
    worker = subprocess.Popen(command, env=cloud.environment, preexec_fn=die_with_parent, **quiet)
    times = []
    try:
        for number in range(uploads):
            body = b"upload %d of one key with %d before\n" % (number, past)
            start = time.monotonic()
            etag = cloud.s3.put_object(Bucket=INCOMING, Key="uploads/same.txt", Body=body, ContentType="text/plain")["ETag"]
            while moved(cloud, "permanent/same.txt") != etag:
                # The local cloud may give a message to the long poll of a worker that has ended: it comes again after
                # the visibility timeout.
                if time.monotonic() - start > 90:
                    sys.exit("an upload of one key was not moved")
                time.sleep(0.002)
            times.append((time.monotonic() - start) * 1000)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)
    return statistics.median(times[10:])


def moved(cloud: Cloud, key: str) -> str | None:
    """The ETag of a promoted object."""
    try:
        return cloud.s3.head_object(Bucket=MEDIA, Key=key)["ETag"]
    except cloud.s3.exceptions.ClientError:
        return None


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    large = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="lazaret-bench-"))
    (scratch / "pipelines").mkdir()
    (scratch / "pipelines/bench.yaml").write_text(PIPELINE)
    cloud = Cloud(scratch / "cloud.log")
    try:
        cloud.create_resources()
        print(f"{count} objects of 3 KB, three rounds in turn\n")
        print("round        CPU per object, ms           objects/s          requests per object")
        print("         worker  scanners  plain     lazaret  plain          S3    SQS    ratio of CPU")
        for number in (1, 2, 3):
            fill(cloud, count)
            run = lazaret(cloud, scratch, f"round{number}")
            assert run["clean"] == count, run
            fill(cloud, count)
            objects, cpu, seconds = plain(cloud)
            assert objects == count, objects
            worker = run["workerCPUSeconds"] / count * 1000
            print(
                f"{number:5}  {worker:8.2f}  {run['scannerCPUSeconds'] / count * 1000:8.2f}  {cpu / count * 1000:5.2f}"
                f"  {count / run['activeSeconds']:10.0f}  {objects / seconds:5.0f}"
                f"  {run['s3Requests'] / count:10.2f}  {run['sqsRequests'] / count:5.2f}"
                f"  {worker / (cpu / count * 1000):8.2f}"
            )
        cloud.s3.upload_fileobj(GeneratedText(large << 20), INCOMING, "uploads/large.txt", ExtraArgs={"ContentType": "text/plain"})
        run = lazaret(cloud, scratch, "large")
        assert run["clean"] == 1, run
        print(
            f"\none object of {large} MiB: {run['activeSeconds']:.1f} s; CPU: worker {run['workerCPUSeconds']:.2f} s,"
            f" scanners {run['scannerCPUSeconds']:.2f} s; peak memory: worker {run['workerPeakBytes'] >> 20} MiB,"
            f" scanner {run['scannerPeakBytes'] >> 20} MiB; {run['s3Requests']} S3 requests"
        )
        none, many = one_key(cloud, scratch, 0), one_key(cloud, scratch, PAST_UPLOADS)
        print(f"one key: {none:.0f} ms from upload to copy; with {PAST_UPLOADS:,} earlier uploads {many:.0f} ms")
    finally:
        cloud.close()
        shutil.rmtree(scratch, ignore_errors=True)


class GeneratedText:
    """A file of text lines, generated while it is read."""

    def __init__(self, size: int):
        self.left = size

    def read(self, count: int = -1) -> bytes:
        count = self.left if count < 0 else min(count, self.left)
        self.left -= count
        return (b"harbour log line\n" * (count // 17 + 1))[:count]


if __name__ == "__main__":
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    main()
