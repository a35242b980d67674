"""The worker's memory over large objects: `make bench-memory`.

Objects of zeros come from a stand-in for S3 that keeps one sparse file; they are fetched, hashed, scanned by the release
scanner and promoted, all at once. Prints the worker's greatest resident memory.

    memory.py [--objects 16] [--mib 512] [--concurrency 16] [--binaries .build/release]
"""

import argparse
import contextlib
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "samples/demo"))
from cloud import INCOMING, Cloud, die_with_parent  # noqa: E402

ETAG = "0123456789abcdef0123456789abcdef"
PIPELINE = """
pipeline: bench
match: { bucket: acme-incoming, prefix: uploads/ }
accept: { declared-type: ignore }
scan: { timeout: 1h }
then:
  clean:       { move: "s3://acme-media/permanent/{rest}" }
  infected:    keep
  unscannable: keep
  rejected:    keep
"""


class Store(http.server.ThreadingHTTPServer):
    """What a worker asks of S3 to fetch, copy and delete an object, each of the same zeros."""

    daemon_threads = True

    def __init__(self, size: int):
        super().__init__(("127.0.0.1", 0), Requests)
        self.size, self.file, self.moved = size, tempfile.TemporaryFile(), 0
        self.file.truncate(size)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Requests(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status: int, headers: dict, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in ({"ETag": f'"{ETAG}"', "Content-Length": len(body)} | headers).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        size = self.server.size
        if "Range" not in self.headers:
            return self.answer(404, {}, b"<Error><Code>NoSuchKey</Code></Error>")
        first, last = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"]).groups())
        last = min(last, size - 1)
        self.answer(206, {"Content-Length": last + 1 - first, "Content-Range": f"bytes {first}-{last}/{size}"})
        self.wfile.flush()
        while first <= last:
            first += os.sendfile(self.connection.fileno(), self.server.file.fileno(), first, last + 1 - first)

    def do_HEAD(self) -> None:
        self.answer(200, {"Content-Length": self.server.size})

    def do_PUT(self) -> None:
        self.answer(200, {}, f'<CopyObjectResult><ETag>"{ETAG}"</ETag></CopyObjectResult>'.encode())

    def do_DELETE(self) -> None:
        self.server.moved += 1
        self.answer(204, {})

    def log_message(self, *_) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--objects", type=int, default=16)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--binaries", type=pathlib.Path, default=ROOT / ".build/release")
    options = parser.parse_args()
    size = options.mib << 20
    with tempfile.TemporaryDirectory(prefix="lazaret-memory-") as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        (folder / "pipelines").mkdir()
        (folder / "pipelines/bench.yaml").write_text(PIPELINE)
        cloud = Cloud(folder / "cloud.log")
        stack.callback(cloud.close)
        queue = cloud.sqs.create_queue(QueueName="bench", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
        store = Store(size)
        for number in range(options.objects):
            stored = {"key": f"uploads/{number}", "size": size, "eTag": ETAG, "sequencer": f"{number:016X}"}
            record = {
                "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
                "eventTime": "2026-01-01T00:00:00.000Z", "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": INCOMING}, "object": stored},
            }  # fmt: skip
            cloud.sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"Records": [record]}))
        start = time.monotonic()
        done = subprocess.run(
            [options.binaries / "lazaret", "run", "--queue", queue, "--pipelines", folder / "pipelines", "--ledger",
             f"sqlite:{folder}/bench.db", "--signatures", ROOT / "samples/signatures", "--spool", folder,
             "--concurrency", str(options.concurrency), "--large-over", "1TiB", "--no-store-survey", "--until-idle", "2"],
            env=cloud.environment | {"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{store.server_port}"},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=die_with_parent,
        )  # fmt: skip
        lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith(b"{")]
        summary = lines[-1] if lines else {}
        if summary.get("clean") != options.objects or store.moved != options.objects:
            sys.exit(f"not all objects were promoted:\n{done.stderr.decode()[-3000:]}")
        print(
            f"{options.objects} objects of {options.mib} MiB, {options.concurrency} at a time:"
            f" worker {summary['workerPeakBytes'] / (1 << 20):.0f} MiB at most,"
            f" the greatest scanner process {summary['scannerPeakBytes'] / (1 << 20):.0f} MiB,"
            f" worker {summary['workerCPUSeconds'] / options.objects:.1f} s of CPU an object,"
            f" {time.monotonic() - start:.0f} s"
        )


if __name__ == "__main__":
    main()
