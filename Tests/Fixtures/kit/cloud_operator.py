"""Plays the cloud's operator and the uploader, by boto3, for the tests: a second opinion on what S3 and SQS hold.

Reads a JSON object a line, {"id", "do", ...}, and answers each by a line {"id", "answer"} or {"id", "error", "message"},
in any order: calls run side by side. Bodies are base64. Ends with its standard input.
"""

import base64
import concurrent.futures
import datetime
import hashlib
import json
import os
import sys
import threading
import time
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

SMALL = 1 << 20  # bodies up to here are handed over; larger ones only as their hash
PART = 8 << 20

settings = Config(
    region_name="us-east-1",
    s3={"addressing_style": "path"},
    max_pool_connections=32,
    retries={"mode": "standard", "max_attempts": 3},
)
s3 = boto3.client("s3", config=settings)
sqs = boto3.client("sqs", config=settings)
sns = boto3.client("sns", config=settings)
events = boto3.client("events", config=settings)
iam = boto3.client("iam", config=settings)


def present(**fields):
    return {name: value for name, value in fields.items() if value is not None}


def pattern(seed: int, number: int, count: int) -> bytes:
    """Bytes that look like nothing in particular, always the same for the same seed and part number."""
    block = hashlib.shake_256(b"%d/%d" % (seed, number)).digest(64 << 10)
    return (block * (count // len(block) + 1))[:count]


# Buckets, queues and what joins them


def create_bucket(bucket, versioned=False):
    s3.create_bucket(Bucket=bucket)
    if versioned:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def set_versioning(bucket, status):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def create_locked_bucket(bucket, mode=None, days=1):
    """A bucket with Object Lock; with a mode, each new object is retained for so many days."""
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    if mode:
        rule = {"DefaultRetention": {"Mode": mode, "Days": days}}
        configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)


def lock(bucket, key, version, mode=None):
    """Retains a version for a day, or without a mode puts a legal hold on it."""
    if mode is None:
        s3.put_object_legal_hold(Bucket=bucket, Key=key, VersionId=version, LegalHold={"Status": "ON"})
    else:
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        kept = {"Mode": mode, "RetainUntilDate": until}
        s3.put_object_retention(Bucket=bucket, Key=key, VersionId=version, Retention=kept)


def lift_hold(bucket, key, version):
    s3.put_object_legal_hold(Bucket=bucket, Key=key, VersionId=version, LegalHold={"Status": "OFF"})


def encrypt_bucket(bucket):
    """From now on the bucket encrypts with a KMS key what comes without a word about it."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def arn_of(url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def policy(principal, action, resource):
    statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def create_queue(name, visibility=30, receives=None):
    attributes = {"VisibilityTimeout": str(visibility)}
    kind = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    attributes.update(kind)
    dead = None
    if receives is not None:
        dead_name = name.removesuffix(".fifo") + "-dead" + (".fifo" if kind else "")
        dead = sqs.create_queue(QueueName=dead_name, Attributes=kind)["QueueUrl"]
        redrive = {"deadLetterTargetArn": arn_of(dead), "maxReceiveCount": str(receives)}
        attributes["RedrivePolicy"] = json.dumps(redrive)
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return {"url": url, "deadLetters": dead}


def let_send(url, service):
    arn = arn_of(url)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(service, "sqs:SendMessage", arn)})
    return arn


def notify(bucket, queue, route="direct", prefix=""):
    """Sends the bucket's ObjectCreated events to the queue; returns how many test events that put there."""
    filters = {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}} if prefix else None
    created = present(Events=["s3:ObjectCreated:*"], Filter=filters)
    if route == "direct":
        wanted = {"QueueConfigurations": [{"QueueArn": let_send(queue, "s3.amazonaws.com"), **created}]}
    elif route in ("sns", "sns-raw"):
        topic = sns.create_topic(Name=bucket + "-created")["TopicArn"]
        allowed = policy("s3.amazonaws.com", "sns:Publish", topic)
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=allowed)
        raw = {"RawMessageDelivery": "true" if route == "sns-raw" else "false"}
        arn = let_send(queue, "sns.amazonaws.com")
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
        wanted = {"TopicConfigurations": [{"TopicArn": topic, **created}]}
    elif route == "event-bridge":
        chosen = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": [bucket]}}}
        events.put_rule(Name=bucket + "-created", EventPattern=json.dumps(chosen))
        target = {"Id": "queue", "Arn": let_send(queue, "events.amazonaws.com")}
        events.put_targets(Rule=bucket + "-created", Targets=[target])
        wanted = {"EventBridgeConfiguration": {}}
    else:
        raise ValueError(f"no such route: {route}")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)


# Identities


def create_user(name, policy):
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


def create_role(name, external_id, policy):
    """A role that users of this account may assume with an external ID."""
    statement = {
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }  # fmt: skip
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy)
    return role["Arn"]


# Destinations of notices


def create_topic(name, queue):
    """A topic that hands what is published on to the queue, in SNS's envelope; a FIFO one to a FIFO queue."""
    kind = {"FifoTopic": "true"} if name.endswith(".fifo") else {}
    topic = sns.create_topic(Name=name, Attributes=kind)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=let_send(queue, "sns.amazonaws.com"))
    return topic


def create_bus(name, queue, detail_type):
    """An event bus whose events of a type go to the queue."""
    events.create_event_bus(Name=name)
    chosen = {"source": ["lazaret"], "detail-type": [detail_type]}
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps(chosen))
    target = {"Id": "queue", "Arn": let_send(queue, "events.amazonaws.com")}
    events.put_targets(Rule=name, EventBusName=name, Targets=[target])


# Objects


def write_options(type=None, metadata=None, tags=None, cacheControl=None, contentDisposition=None, contentEncoding=None, encryption=None,
                  storageClass=None, customerKey=None, sendsSHA256=False, claimedSHA256=None):  # fmt: skip
    import urllib.parse

    return present(
        ContentType=type,
        Metadata=metadata,
        Tagging=urllib.parse.urlencode(tags) if tags else None,
        CacheControl=cacheControl,
        ContentDisposition=contentDisposition,
        ContentEncoding=contentEncoding,
        ChecksumAlgorithm="SHA256" if sendsSHA256 else None,
        ChecksumSHA256=claimedSHA256,
        ServerSideEncryption=encryption,
        StorageClass=storageClass,
        SSECustomerAlgorithm="AES256" if customerKey else None,
        SSECustomerKey=customerKey,
    )


def written(answer):
    return {"etag": answer["ETag"].strip('"'), "version": answer.get("VersionId")}


def put(bucket, key, body, **options):
    return written(s3.put_object(Bucket=bucket, Key=key, Body=base64.b64decode(body), **write_options(**options)))


def put_many(bucket, prefix, count, size, **options):
    """`count` texts of `size` bytes, no two the same, under `prefix` and a number of five digits."""

    def one(number):
        line = b"This is object %05d of many.\n" % number
        body = (line * (size // len(line) + 1))[:size]
        s3.put_object(Bucket=bucket, Key=f"{prefix}{number:05d}", Body=body, **write_options(**options))

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(count)))


def put_large(bucket, key, size, seed=1, tags=None, **options):
    """An object of `size` bytes uploaded in parts, made as it goes."""
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **write_options(tags=tags, **options))["UploadId"]
    sha, parts, sent = hashlib.sha256(), [], 0
    while sent < size or not parts:
        body = pattern(seed, len(parts), min(PART, size - sent))
        sha.update(body)
        number = len(parts) + 1
        answer = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        sent += len(body)
    answer = s3.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})
    return {**written(answer), "sha256": sha.hexdigest()}


def tags_of(chosen):
    """None of a store that knows no tags."""
    try:
        return s3.get_object_tagging(**chosen).get("TagSet", [])
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (500, 501):
            return []
        raise


def get(bucket, key, version=None):
    """Everything that S3 says of an object, and its bytes where they are few; null where there is no such object."""
    chosen = present(Bucket=bucket, Key=key, VersionId=version)
    try:
        answer = s3.get_object(**chosen)
        sha, small, count = hashlib.sha256(), b"", 0
        for piece in answer["Body"].iter_chunks(1 << 20):
            sha.update(piece)
            count += len(piece)
            small = small + piece if count <= SMALL else b""
        tags = tags_of(chosen)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion", "404"):
            return None
        raise
    return {
        "body": base64.b64encode(small).decode() if count <= SMALL else None,
        "size": count,
        "sha256": sha.hexdigest(),
        "etag": answer["ETag"].strip('"'),
        "version": answer.get("VersionId"),
        "type": answer.get("ContentType"),
        "metadata": answer["Metadata"],
        "tags": {tag["Key"]: tag["Value"] for tag in tags},
        "cacheControl": answer.get("CacheControl"),
        "contentDisposition": answer.get("ContentDisposition"),
        "encryption": answer.get("ServerSideEncryption"),
    }


def keys(bucket, prefix=""):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def versions(bucket, prefix=""):
    """Every version and delete marker, newest first for each key."""
    found = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for kind, marker in (("Versions", False), ("DeleteMarkers", True)):
            for entry in page.get(kind, []):
                found.append({"key": entry["Key"], "version": entry["VersionId"], "isDeleteMarker": marker})
    return found


def begin_upload(bucket, key):
    s3.create_multipart_upload(Bucket=bucket, Key=key)


def uploads(bucket):
    """Keys of the multipart uploads that were begun and neither completed nor aborted."""
    return [upload["Key"] for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]


def delete(bucket, key, version=None):
    s3.delete_object(**present(Bucket=bucket, Key=key, VersionId=version))


# Messages


def send(queue, body):
    extra = {}
    if queue.endswith(".fifo"):
        extra = {"MessageGroupId": str(hash(body)), "MessageDeduplicationId": uuid.uuid4().hex}
    sqs.send_message(QueueUrl=queue, MessageBody=body, **extra)


def counts(queue):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return {"visible": int(told[names[0]]), "inFlight": int(told[names[1]])}


def take(queue, count, seconds):
    """Bodies of up to `count` messages, which are deleted; waits at most `seconds` for them to come."""
    taken, end = [], time.monotonic() + seconds
    while len(taken) < count and time.monotonic() < end:
        wanted = min(10, count - len(taken))
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=wanted, WaitTimeSeconds=1)
        for message in answer.get("Messages", []):
            taken.append(message["Body"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return taken


def take_with_attributes(queue, count, seconds):
    """As take, with the string attributes of each message by name."""
    taken, end = [], time.monotonic() + seconds
    while len(taken) < count and time.monotonic() < end:
        answer = sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=min(10, count - len(taken)), WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
        )  # fmt: skip
        for message in answer.get("Messages", []):
            attributes = message.get("MessageAttributes", {})
            named = {name: value["StringValue"] for name, value in attributes.items()}
            taken.append({"body": message["Body"], "attributes": named})
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return taken


def await_messages(queue, count, seconds):
    """Waits until at least `count` messages are in the queue, in flight or not; returns how many there were."""
    end = time.monotonic() + seconds
    while True:
        seen = sum(counts(queue).values())
        if seen >= count or time.monotonic() >= end:
            return seen
        time.sleep(0.05)


def await_keys(bucket, prefix, count, seconds):
    """Waits until at least `count` objects stand under `prefix`; returns how many there were."""
    end = time.monotonic() + seconds
    while True:
        seen = len(keys(bucket, prefix))
        if seen >= count or time.monotonic() >= end:
            return seen
        time.sleep(0.02)


DEEDS = {
    deed.__name__.replace("_", "-"): deed
    for deed in (
        create_bucket, set_versioning, create_locked_bucket, lock, lift_hold, encrypt_bucket, create_queue, notify,
        create_user, create_role, put, put_many, put_large, get, keys, versions, begin_upload, uploads, delete, send, counts,
        take, take_with_attributes, await_messages, await_keys, create_topic, create_bus,
    )
}  # fmt: skip

writing = threading.Lock()


def answer(request):
    identity, deed = request.pop("id"), request.pop("do")
    try:
        line = {"id": identity, "answer": DEEDS[deed](**request)}
    except ClientError as error:
        line = {"id": identity, "error": error.response["Error"]["Code"], "message": str(error)}
    except Exception as error:
        line = {"id": identity, "error": type(error).__name__, "message": str(error)}
    with writing:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def main():
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for line in sys.stdin:
            pool.submit(answer, json.loads(line))


if __name__ == "__main__":
    main()
