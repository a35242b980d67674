"""Runs MiniStack on a free port of 127.0.0.1, for as long as somebody holds this process's standard input open.

Prints one line once it listens: {"endpoint": "http://127.0.0.1:PORT", "pid": N}. A line `pass SECONDS QUEUE` on standard
input lets that much time pass for the messages of one queue, so that no test has to wait for it, and is answered by
{"messages": N}. State is in memory and ends with the process. What MiniStack wants of the disk goes to a temporary
directory of its own. When standard input ends, because the parent process closed it or died, the process ends at once.

What Amazon S3 does and MiniStack does not is corrected where the tests show what Lazaret does on S3; with the argument `plain`, it is
MiniStack as it is, and `EndToEnd.Stores` tests that. With `enforcing` it checks signatures and the policies of identities, buckets and
queues, and has IAM, KMS, CloudFormation and what that creates.
"""

import asyncio
import json
import os
import resource
import shutil
import socket
import sys
import tempfile
import threading
import urllib.parse


ENFORCED = ",iam,kms,cloudformation,cloudwatch,monitoring,logs,ssm,ecs,ec2,rds,secretsmanager,application-autoscaling"


def heed_standard_input(scratch: str) -> None:
    for line in sys.stdin:
        _, seconds, queue = line.split()
        print(json.dumps({"messages": let_time_pass(float(seconds), queue)}), flush=True)
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(0)


def let_time_pass(seconds: float, name: str) -> int:
    from ministack.services import sqs

    queue = sqs._queue_by_arn(f"arn:aws:sqs:us-east-1:000000000000:{name}")
    with sqs._queues_lock:
        for message in queue["messages"]:
            message["visible_at"] -= seconds
    return len(queue["messages"])


def hash_copies() -> None:
    """A copy that is asked to be hashed has that checksum and no other; S3 keeps it with the copy and returns it (Amazon S3 API
    Reference, "CopyObject"). MiniStack 1.5.33 heeds the request for an object's annotations alone. Needed by what shows that a copy of
    other bytes with the same ETag is not promoted (`EndToEnd.ETagCollisions`)."""
    from ministack.services import s3

    unhashed = s3._copy_object

    def hashed(bucket, key, headers):
        status, answer, body = unhashed(bucket, key, headers)
        algorithm = headers.get("x-amz-checksum-algorithm", "").upper()
        if status != 200 or not algorithm:
            return status, answer, body
        copy = s3._ensure_bucket(bucket)["objects"][key]
        checksum = s3._compute_s3_checksum(algorithm, copy["body"])
        versions = s3._object_versions.get((bucket, key), []) if s3._bucket_versioning.get(bucket) else []
        for version in [copy, *versions[-1:]]:
            version["checksums"] = {algorithm: checksum}
        told = f"<Checksum{algorithm}>{checksum}</Checksum{algorithm}><ChecksumType>FULL_OBJECT</ChecksumType>"
        end = b"</CopyObjectResult>"
        return status, answer, body.replace(end, told.encode() + end)

    s3._copy_object = hashed


def hash_copied_parts() -> None:
    """A part that is copied into an upload which was begun with the wish for a checksum has one, and the answer returns it (Amazon
    S3 API Reference, "UploadPartCopy"). MiniStack 1.5.33 hashes only parts that come with a body. Needed by the same tests for copies in
    parts (`EndToEnd.CopiesInParts`)."""
    from ministack.services import s3

    unhashed = s3._upload_part_copy

    def hashed(bucket, key, query, headers):
        status, answer, body = unhashed(bucket, key, query, headers)
        upload = s3._multipart_uploads.get(s3._qp(query, "uploadId"), {})
        algorithm = upload.get("checksum_algorithm")
        if status != 200 or not algorithm:
            return status, answer, body
        part = upload["parts"][int(s3._qp(query, "partNumber", "1"))]
        checksum = s3._compute_s3_checksum(algorithm, part["body"])
        part["checksums"] = {algorithm: checksum}
        end = b"</CopyPartResult>"
        return status, answer, body.replace(end, f"<Checksum{algorithm}>{checksum}</Checksum{algorithm}>".encode() + end)

    s3._upload_part_copy = hashed


def name_null_versions() -> None:
    """In a bucket that has versions, or had them, S3 names the version `null` of what was written without (Amazon S3 User Guide,
    "Retrieving object versions"). MiniStack 1.5.33 leaves it out unless it was asked for by that name.
    Needed where a bucket has suspended its versions (`EndToEnd.BucketStates`)."""
    from ministack.services import s3

    def naming(read):
        def named(bucket, key, headers=None, query_params=None):
            status, answer, body = read(bucket, key, headers or {}, query_params)
            if status in (200, 206) and s3._bucket_versioning.get(bucket):
                answer = {"x-amz-version-id": "null", **answer}
            return status, answer, body

        return named

    s3._get_object = naming(s3._get_object)
    s3._head_object = naming(s3._head_object)


def keep_tags_of_uploads() -> None:
    """An object that is put together of parts has the tags that its upload was begun with (Amazon S3 API Reference,
    "CreateMultipartUpload"). MiniStack 1.5.33 forgets them. Needed by what shows that a large object keeps its tags, and is given those of
    its verdict (`EndToEnd.CopiesInParts`)."""
    from ministack.services import s3

    begin, complete = s3._create_multipart_upload, s3._complete_multipart_upload
    told = {}

    def beginning(bucket, key, headers):
        status, answer, body = begin(bucket, key, headers)
        if status == 200:
            upload = body.split(b"<UploadId>")[1].split(b"<")[0].decode()
            told[upload] = dict(urllib.parse.parse_qsl(headers.get("x-amz-tagging", ""), keep_blank_values=True))
        return status, answer, body

    def completing(bucket, key, body, query, headers=None):
        status, answer, body = complete(bucket, key, body, query, headers)
        # A completion that is asked for again is answered as the first was, and changes nothing.
        tags = told.pop(s3._qp(query, "uploadId"), None) if status == 200 else None
        if tags is not None:
            version = s3._ensure_bucket(bucket)["objects"][key].get("version_id")
            # Those of what was there before are gone with it.
            s3._object_tags[(bucket, key, version)] = tags
        return status, answer, body

    s3._create_multipart_upload, s3._complete_multipart_upload = beginning, completing


def name_roles_in_policies() -> None:
    """For a session of a role, `aws:PrincipalArn` is the role's ARN (IAM User Guide, "AWS global condition context keys"). MiniStack
    1.5.33 compares the session's."""
    from ministack.core import iam_evaluator

    resolve = iam_evaluator._resolve_condition_key

    def resolved(key, context):
        value = resolve(key, context)
        if key.lower() == "aws:principalarn" and ":assumed-role/" in str(value):
            from ministack.services import iam

            account, name = value.split(":")[4], iam_evaluator._role_name_from_assumed_arn(value)
            role = iam._roles.get_scoped(account, None, name) or {}
            return role.get("Arn", value)
        return value

    iam_evaluator._resolve_condition_key = resolved


def allow_batches_as_single_calls() -> None:
    """SQS has no permissions for batches of their own: DeleteMessage allows DeleteMessageBatch (Amazon SQS Developer Guide, "Amazon SQS
    API permissions"). MiniStack 1.5.33 asks for the name of the call."""
    from ministack.core import iam_evaluator

    enforce = iam_evaluator.enforce

    def enforced(access_key, action, service, *rest, **named):
        return enforce(access_key, action.removesuffix("Batch") if service == "sqs" else action, service, *rest, **named)

    iam_evaluator.enforce = enforced


def main() -> None:
    scratch = tempfile.mkdtemp(prefix="lazaret-cloud-")
    threading.Thread(target=heed_standard_input, args=(scratch,), daemon=True).start()

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    port = listener.getsockname()[1]

    # MiniStack reads these while it is imported.
    os.environ.update(
        GATEWAY_PORT=str(port),
        BIND_HOST="127.0.0.1",
        MINISTACK_HOST="127.0.0.1",
        SERVICES="s3,sqs,sns,events,sts" + (ENFORCED if "enforcing" in sys.argv else ""),
        AUTH="true" if "enforcing" in sys.argv else "false",
        LOG_LEVEL=os.environ.get("LAZARET_CLOUD_LOG", "ERROR"),
        TMPDIR=scratch,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        PERSIST_STATE="0",
        S3_PERSIST="0",
    )
    tempfile.tempdir = scratch
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    if "plain" not in sys.argv:
        for correct in (
            hash_copies, hash_copied_parts, name_null_versions, keep_tags_of_uploads,
        ):  # fmt: skip
            correct()
    if "enforcing" in sys.argv:
        name_roles_in_policies()
        allow_batches_as_single_calls()
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.backlog = 1024
    config.loglevel = "ERROR"
    config.accesslog = None

    scheme = "http"
    if certificate := os.environ.get("LAZARET_CLOUD_CERTIFICATE"):
        config.certfile, config.keyfile, scheme = certificate, os.environ["LAZARET_CLOUD_KEY"], "https"

    print(json.dumps({"endpoint": f"{scheme}://127.0.0.1:{port}", "pid": os.getpid()}), flush=True)
    # A trigger that never comes: what ends this process is the end of its standard input.
    asyncio.run(serve(app, config, shutdown_trigger=asyncio.Event().wait))


if __name__ == "__main__":
    main()
