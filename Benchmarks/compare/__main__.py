"""What Lazaret costs beside the scan engine alone and beside a usual worker, on the same bytes and signatures:
`make bench-compare`.

For each corpus run in turn: the floor (`floor.c`: libmagic and libclamav alone), Lazaret with each way of matching, and
the peer (`peer.py`: boto3, clamd, eight threads). Lazaret and the peer fetch from the same S3 server (rclone's, which
checks signatures) and the same queue (MiniStack's). Only the ratios of one run mean something.

    compare [--corpora small pictures documents large] [--matching whole filtered] [--rows 1.0] [--share 1.0]
            [--without-peer] [--binaries .build/release] [--json FILE] [-- FLAGS OF lazaret run]

`--rows 1.0` is a million hashes, 200,000 patterns and 20,000 logical signatures. `--share 0.3` takes three of ten files,
or of the large ones three of ten bytes.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time

import boto3
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "samples/demo"))
import corpus as corpora  # noqa: E402
import signatures  # noqa: E402
from cloud import Cloud, die_with_parent  # noqa: E402

BUCKETS = INCOMING, PERMANENT, QUARANTINE = "incoming", "permanent", "quarantine"
PIPELINE = """
pipeline: bench
match: { bucket: incoming, prefix: uploads/ }
accept: { max-size: 5GiB, declared-type: ignore }
then:
  clean:       { move: "s3://permanent/lazaret/{rest}" }
  infected:    { quarantine: "s3://quarantine/infected/{rest}" }
  unscannable: { quarantine: "s3://quarantine/unscannable/{rest}" }
  rejected:    { quarantine: "s3://quarantine/rejected/{rest}" }
"""
CLAMD = """
LocalSocket {socket}
DatabaseDirectory {signatures}
TemporaryDirectory {scratch}
Foreground yes
User root
MaxThreads {threads}
StreamMaxLength 4000M
MaxFileSize 2000M
MaxScanSize 4000M
MaxScanTime 0
MaxEmbeddedPE 2000M
MaxHTMLNormalize 2000M
MaxHTMLNoTags 2000M
MaxScriptNormalize 2000M
MaxZipTypeRcg 2000M
PCREMaxFileSize 2000M
"""


def run(command: list, environment: dict | None = None) -> subprocess.CompletedProcess:
    done = subprocess.run(
        [str(part) for part in command], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        preexec_fn=die_with_parent,
    )  # fmt: skip
    if done.returncode != 0:
        sys.exit(f"{command[0]} exited with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}")
    return done


class Store:
    """rclone's S3 server, with the corpus uploaded."""

    def __init__(self):
        self.server = subprocess.Popen(
            [sys.executable, str(ROOT / "Tests/Fixtures/kit/local_store.py"), "rclone"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.endpoint = json.loads(self.server.stdout.readline())["endpoint"]
        settings = Config(s3={"addressing_style": "path"}, max_pool_connections=8)
        self.s3 = boto3.client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id="test",
            aws_secret_access_key="test", config=settings,
        )  # fmt: skip
        for bucket in BUCKETS:
            self.s3.create_bucket(Bucket=bucket)

    def upload(self, file: pathlib.Path) -> str:
        """Returns the ETag."""
        with file.open("rb") as body:
            return self.s3.put_object(Bucket=INCOMING, Key=f"uploads/{file.name}", Body=body)["ETag"].strip('"')

    def close(self) -> None:
        self.server.stdin.close()
        self.server.wait()


class Bench:
    def __init__(self, options: argparse.Namespace, folder: pathlib.Path):
        self.options, self.folder = options, folder
        self.signatures = folder / "signatures"
        self.count = signatures.write(self.signatures, options.rows)
        self.cloud = Cloud(folder / "cloud.log")
        self.queues = 0
        (folder / "pipelines").mkdir()
        (folder / "pipelines/bench.yaml").write_text(PIPELINE)
        self.floor_program = folder / "floor"
        run(["cc", "-O2", pathlib.Path(__file__).with_name("floor.c"), "-lclamav", "-lmagic", "-o", self.floor_program])
        self.clamd_program = self.unpack_clamd()
        self.loading = {
            matching: self.lazaret([], matching, "loading")["scannerCPUSeconds"] for matching in options.matching
        }

    def unpack_clamd(self) -> pathlib.Path:
        """Debian's clamd, unpacked and not installed: as a package it would start services."""
        packages = self.folder / "packages"
        packages.mkdir()
        subprocess.run(
            ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", "clamav-daemon"], cwd=packages, check=True
        )
        run(["dpkg-deb", "-x", next(packages.glob("*.deb")), packages])
        return packages / "usr/sbin/clamd"

    def environment(self, store: Store) -> dict:
        return {
            **self.cloud.environment, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL_S3": store.endpoint,
            "AWS_ENDPOINT_URL_SQS": self.cloud.endpoint,
        }  # fmt: skip

    def stage(self, store: Store, files: list[pathlib.Path]) -> str:
        """Uploads the files and queues their events. Returns the queue's address."""
        self.queues += 1
        queue = self.cloud.sqs.create_queue(QueueName=f"bench-{self.queues}", Attributes={"VisibilityTimeout": "600"})[
            "QueueUrl"
        ]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            etags = list(pool.map(store.upload, files))
        entries = []
        for number, (file, etag) in enumerate(zip(files, etags)):
            stored = {
                "key": f"uploads/{file.name}",
                "size": file.stat().st_size,
                "eTag": etag,
                "sequencer": f"{number:016X}",
            }
            record = {
                "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
                "eventTime": "2026-01-01T00:00:00.000Z", "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": INCOMING}, "object": stored},
            }  # fmt: skip
            entries.append({"Id": str(number), "MessageBody": json.dumps({"Records": [record]})})
        for start in range(0, len(entries), 10):
            self.cloud.sqs.send_message_batch(QueueUrl=queue, Entries=entries[start : start + 10])
        return queue

    def floor(self, files: list[pathlib.Path]) -> dict:
        paths = self.folder / "files"
        paths.write_text("".join(f"{file}\n" for file in files))
        return json.loads(run([self.floor_program, self.signatures, os.cpu_count(), paths]).stdout)

    def lazaret(self, files: list[pathlib.Path], matching: str, name: str) -> dict:
        """Runs the worker until its queue is empty. Returns its summary."""
        scratch = self.folder / f"worker-{name}-{matching}"
        scratch.mkdir()
        with contextlib.closing(Store()) as store:
            queue = self.stage(store, files)
            done = run(
                [self.options.binaries / "lazaret", "run", "--queue", queue, "--pipelines", self.folder / "pipelines",
                 "--ledger", f"sqlite:{scratch}/ledger.db", "--signatures", self.signatures, "--until-idle", "2",
                 "--matching", matching, *self.options.flags],
                self.environment(store),
            )  # fmt: skip
        summary = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")][-1]
        # A generated signature may match by chance.
        if summary["message"] != "finished" or summary["clean"] + summary["infected"] != len(files):
            sys.exit(f"not all objects were inspected: {summary}")
        return summary

    def peer(self, files: list[pathlib.Path]) -> dict:
        socket, threads = self.folder / "clamd.socket", 8
        configuration = self.folder / "clamd.conf"
        configuration.write_text(
            CLAMD.format(socket=socket, signatures=self.signatures, scratch=self.folder, threads=threads)
        )
        clamd = subprocess.Popen(
            [self.clamd_program, "-c", configuration], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=die_with_parent,
        )  # fmt: skip
        try:
            while not socket.exists():
                if clamd.poll() is not None:
                    sys.exit("clamd did not start")
                time.sleep(0.1)
            loaded = processor_seconds(clamd.pid)
            with contextlib.closing(Store()) as store:
                queue = self.stage(store, files)
                peer = pathlib.Path(__file__).with_name("peer.py")
                done = run(
                    [sys.executable, peer, self.cloud.endpoint, queue, store.endpoint, socket, threads, 3],
                    self.environment(store),
                )
            result = json.loads(done.stdout.splitlines()[-1])
            if result["objects"] != len(files):
                sys.exit(f"the peer settled {result['objects']} of {len(files)} objects:\n{done.stderr[-2000:]}")
            return result | {"cpu": result["cpu"] + processor_seconds(clamd.pid) - loaded}
        finally:
            clamd.terminate()
            clamd.wait()
            socket.unlink(missing_ok=True)

    def compare(self, name: str) -> list[dict]:
        """Returns a result for each way of matching."""
        files = corpora.write(self.folder / "corpora", name, self.options.share)
        for file in files:
            file.read_bytes()
        floor = self.floor(files)
        own = {matching: self.lazaret(files, matching, name) for matching in self.options.matching}
        peer = None if self.options.without_peer else self.peer(files)
        return [self.result(name, floor, matching, summary, peer) for matching, summary in own.items()]

    def result(self, name: str, floor: dict, matching: str, own: dict, peer: dict | None) -> dict:
        count, scanner = floor["objects"], own["scannerCPUSeconds"] - self.loading[matching]
        result = {
            "corpus": name, "matching": matching, "objects": count, "bytes": floor["bytes"], "floorCPU": floor["cpu"],
            "workerCPU": own["workerCPUSeconds"], "scannerCPU": scanner,
            "ratioToFloor": (own["workerCPUSeconds"] + scanner) / floor["cpu"],
            "rate": count / own["activeSeconds"], "workerPeakBytes": own["workerPeakBytes"],
            "s3Requests": own["s3Requests"] / count,
        }  # fmt: skip
        if peer:
            result |= {
                "peerCPU": peer["cpu"], "peerToFloor": peer["cpu"] / floor["cpu"], "peerRate": count / peer["seconds"],
                "rateToPeer": peer["seconds"] / own["activeSeconds"],
            }  # fmt: skip
        return result

    def close(self) -> None:
        self.cloud.close()


def processor_seconds(process: int) -> float:
    """User and system time of a process so far."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def row(result: dict) -> str:
    """A row of the table, with dashes for a peer that did not run."""

    def figure(key: str, form: str) -> str:
        return f"{result[key]:{form}}" if key in result else f"{'-':>{form.split('.')[0]}}"

    return (
        f"{result['corpus']:9}  {result['matching']:8}  {result['objects']:7}  {result['floorCPU']:5.1f}"
        f"  {result['workerCPU']:6.2f}  {result['scannerCPU']:8.2f}  {figure('peerCPU', '5.1f')}"
        f"  {result['ratioToFloor']:13.2f}  {figure('peerToFloor', '10.2f')}  {result['rate']:9.1f}"
        f"  {figure('peerRate', '4.1f')}  {figure('rateToPeer', '12.2f')}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpora", nargs="+", choices=corpora.CORPORA, default=corpora.CORPORA)
    parser.add_argument("--matching", nargs="+", choices=["whole", "filtered"], default=["whole", "filtered"])
    parser.add_argument("--rows", type=float, default=1.0)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--without-peer", action="store_true")
    parser.add_argument("--binaries", type=pathlib.Path, default=ROOT / ".build/release")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("flags", nargs="*")
    options = parser.parse_args()
    # The corpora and the spool are on the same disk for all three.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lazaret-compare-"))
    results = []
    try:
        with contextlib.closing(Bench(options, folder)) as bench:
            print(
                f"{bench.count:,} generated signatures; {os.cpu_count()} cores; {platform.platform()}; CPU in seconds"
            )
            loading = ", ".join(f"{seconds:.1f} s {matching}" for matching, seconds in bench.loading.items())
            print(f"CPU to load, not counted below: {loading}\n")
            print(
                "corpus     matching  objects  floor  worker  scanners  peer   Lazaret/floor  peer/floor  objects/s"
                "  peer  Lazaret/peer"
            )
            for name in options.corpora:
                for result in bench.compare(name):
                    results.append(result)
                    print(row(result), flush=True)
                shutil.rmtree(folder / "corpora" / name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
