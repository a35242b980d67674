"""The peer: a worker as it is written in an afternoon with the usual parts. boto3, clamd over its socket, python-magic,
threads. It records nothing, and what it moves is not what it scanned if somebody writes the key again meanwhile.

    peer.py QUEUE_ENDPOINT QUEUE_URL S3_ENDPOINT CLAMD_SOCKET THREADS IDLE_SECONDS

Prints one line of JSON: objects, seconds (from the start to the last object), cpu (seconds of this process).
"""

import json
import resource
import socket
import struct
import sys
import tempfile
import threading
import time
import urllib.parse

import boto3
import magic
from botocore.config import Config


class Peer:
    def __init__(self, queue_endpoint: str, queue: str, s3_endpoint: str, clamd: str, threads: int, idle: float):
        # rclone sends the checksum of a whole object with each of its ranges.
        settings = Config(
            max_pool_connections=threads * 2,
            s3={"addressing_style": "path"},
            response_checksum_validation="when_required",
        )
        self.sqs = boto3.client("sqs", endpoint_url=queue_endpoint, config=settings)
        self.s3 = boto3.client("s3", endpoint_url=s3_endpoint, config=settings)
        self.queue, self.clamd, self.threads, self.idle = queue, clamd, threads, idle
        self.lock = threading.Lock()
        self.objects, self.last = 0, time.monotonic()

    def is_infected(self, file) -> bool:
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(self.clamd)
            link.sendall(b"zINSTREAM\0")
            while part := file.read(128 << 10):
                link.sendall(struct.pack(">I", len(part)) + part)
            link.sendall(struct.pack(">I", 0))
            return b"FOUND" in link.recv(4096)

    def settle(self, message: dict) -> None:
        for record in json.loads(message["Body"]).get("Records", []):
            bucket, key = record["s3"]["bucket"]["name"], urllib.parse.unquote_plus(record["s3"]["object"]["key"])
            with tempfile.NamedTemporaryFile() as file:
                self.s3.download_fileobj(bucket, key, file)
                file.flush()
                magic.from_file(file.name, mime=True)
                file.seek(0)
                target = "quarantine" if self.is_infected(file) else "permanent"
            self.s3.copy_object(Bucket=target, Key="peer/" + key, CopySource={"Bucket": bucket, "Key": key})
            self.s3.delete_object(Bucket=bucket, Key=key)
            with self.lock:
                self.objects += 1
                self.last = time.monotonic()
        self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])

    def serve(self) -> None:
        while time.monotonic() - self.last < self.idle:
            answer = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                self.settle(message)

    def run(self) -> dict:
        start = self.last = time.monotonic()
        threads = [threading.Thread(target=self.serve) for _ in range(self.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {"objects": self.objects, "seconds": self.last - start, "cpu": used.ru_utime + used.ru_stime}


if __name__ == "__main__":
    queue_endpoint, queue, s3_endpoint, clamd, threads, idle = sys.argv[1:]
    print(json.dumps(Peer(queue_endpoint, queue, s3_endpoint, clamd, int(threads), float(idle)).run()))
