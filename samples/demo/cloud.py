"""The demo's cloud: MiniStack on this machine, with the buckets, queues and notification that Lazaret needs."""

import ctypes
import json
import pathlib
import signal
import subprocess
import sys
import urllib.request

import boto3
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUCKETS = INCOMING, MEDIA, QUARANTINE = "acme-incoming", "acme-media", "acme-quarantine"


def die_with_parent() -> None:
    """For `preexec_fn`: the child gets SIGTERM when this process dies."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Cloud:
    def __init__(self, log: pathlib.Path):
        self.server = subprocess.Popen(
            [sys.executable, str(ROOT / "Tests/Fixtures/kit/local_cloud.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log.open("wb"), text=True, start_new_session=True,
        )  # fmt: skip
        greeting = self.server.stdout.readline()
        if not greeting:
            raise RuntimeError(f"the local cloud did not start; see {log}")
        self.endpoint = json.loads(greeting)["endpoint"]
        settings = dict(
            endpoint_url=self.endpoint, region_name="us-east-1",
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip
        self.s3 = boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}), **settings)
        self.sqs = boto3.client("sqs", **settings)

    def close(self) -> None:
        self.server.stdin.close()
        try:
            self.server.wait(5)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which a worker finds the cloud."""
        return {
            "PATH": "/usr/bin:/bin", "AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
        }  # fmt: skip

    def create_resources(self) -> None:
        """Creates three buckets, a queue with the notifications of uploads, and its dead-letter queue."""
        for bucket in BUCKETS:
            self.s3.create_bucket(Bucket=bucket)
        self.dead_letters = self.sqs.create_queue(QueueName="uploads-dead")["QueueUrl"]
        redrive = {"deadLetterTargetArn": self.arn(self.dead_letters), "maxReceiveCount": "5"}
        self.queue = self.sqs.create_queue(
            QueueName="uploads", Attributes={"VisibilityTimeout": "30", "RedrivePolicy": json.dumps(redrive)}
        )["QueueUrl"]
        arn = self.arn(self.queue)
        may_send = {
            "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": arn,
        }  # fmt: skip
        policy = json.dumps({"Version": "2012-10-17", "Statement": [may_send]})
        self.sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"Policy": policy})
        under_uploads = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "uploads/"}]}}
        notification = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": under_uploads}
        self.s3.put_bucket_notification_configuration(
            Bucket=INCOMING, NotificationConfiguration={"QueueConfigurations": [notification]}
        )

    def arn(self, queue: str) -> str:
        names = ["QueueArn"]
        return self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]["QueueArn"]

    def waiting(self, queue: str) -> int:
        """The number of messages in the queue, in flight or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def upload(self, key: str, body: bytes, declared: str) -> None:
        """Uploads as a browser does: PUTs to a presigned URL from the application."""
        parameters = {"Bucket": INCOMING, "Key": key, "ContentType": declared}
        url = self.s3.generate_presigned_url("put_object", Params=parameters, ExpiresIn=300)
        request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": declared})
        urllib.request.urlopen(request, timeout=30).close()

    def upload_in_parts(self, key: str, body: bytes, declared: str) -> None:
        """Uploads a large file by multipart upload, with one presigned URL per part."""
        named = {"Bucket": INCOMING, "Key": key}
        upload = self.s3.create_multipart_upload(**named, ContentType=declared)["UploadId"]
        parts = []
        for start in range(0, len(body), 5 << 20):
            number = len(parts) + 1
            parameters = {**named, "UploadId": upload, "PartNumber": number}
            url = self.s3.generate_presigned_url("upload_part", Params=parameters, ExpiresIn=300)
            request = urllib.request.Request(url, data=body[start : start + (5 << 20)], method="PUT")
            with urllib.request.urlopen(request, timeout=30) as answer:
                parts.append({"PartNumber": number, "ETag": answer.headers["ETag"]})
        self.s3.complete_multipart_upload(**named, UploadId=upload, MultipartUpload={"Parts": parts})

    def all_objects(self) -> dict[tuple[str, str], bytes]:
        """The contents of all buckets: (bucket, key) to bytes."""
        held = {}
        for bucket in BUCKETS:
            for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                for entry in page.get("Contents", []):
                    body = self.s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
                    held[bucket, entry["Key"]] = body
        return held

    def headers(self, bucket: str, key: str) -> tuple[str, str]:
        """Content type and content disposition."""
        head = self.s3.head_object(Bucket=bucket, Key=key)
        return head.get("ContentType", ""), head.get("ContentDisposition", "")
