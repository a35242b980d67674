"""Makes requests by a seeded generator and signs them with botocore's own signers, at a fixed time.

usage: sign_oracle.py COUNT SEED
Writes one JSON object a line: the raw parts of a request, and the URL and Authorization header that botocore makes of them.
"""

import datetime
import json
import random
import sys
import unittest.mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import percent_encode

count, seed = int(sys.argv[1]), int(sys.argv[2])
chance = random.Random(seed)
pieces = [
    "a", "Z", "9", "-", "_", ".", "~", "/", "//", "..", "/../", "/./", "+", "%", "%2F", "%20", " ", "  ", "&", "=", "?", "#",
    ":", ";", ",", "@", "!", "*", "'", "(", ")", "$", "\"", "<", ">", "\\", "^", "`", "{", "|", "}", "é", "e\u0301", "日本",
    "\U0001f600", "\t", "\x7f",
]
header_pieces = ["a", "B", " ", "  ", "   ", "\t", "=", ";", ",", "/", "é", "\r\n ", "\n\t", "\"", "%41"]


def text(source, most):
    return "".join(chance.choice(source) for _ in range(chance.randint(0, most)))


def encoded_query(items):
    shown = []
    for name, value in items:
        name = percent_encode(name)
        shown.append(name if value is None else name + "=" + percent_encode(value))
    return "&".join(shown)


for index in range(count):
    service = chance.choice(["s3", "sqs"])
    path = "/" + text(pieces, 12)
    query = [(text(pieces, 3), chance.choice([None, "", text(pieces, 4)])) for _ in range(chance.randint(0, 5))]
    # Without a name and without a value there is no item.
    query = [(name, value) for name, value in query if name or value is not None]
    if query and chance.random() < 0.4:
        query.append((query[0][0], text(pieces, 3)))
    headers = [("X-Amz-Meta-%s" % chance.choice("abAB"), text(header_pieces, 8)) for _ in range(chance.randint(0, 4))]
    headers += chance.sample(
        [("Range", "bytes=0-9"), ("content-type", "text/plain;  charset=utf-8"), ("User-Agent", "x y"), ("If-Match", '"abc"'),
         ("Expect", "100-continue"), ("Connection", "keep-alive"), ("X-Amz-Target", "AmazonSQS.SendMessage")],
        chance.randint(0, 4))
    host = chance.choice(["127.0.0.1:9000", "bucket.s3.eu-central-1.amazonaws.com", "sqs.us-east-1.amazonaws.com"])
    body = text(pieces, 6)
    token = chance.choice([None, "a/session+token=="])
    time = datetime.datetime(2026, 11, 21, 1, 2, 3) + datetime.timedelta(seconds=chance.randint(0, 90_000_000))
    region = chance.choice(["eu-central-1", "cn-north-1"])

    url = "https://" + host + percent_encode(path, safe="/~")
    if query:
        url += "?" + encoded_query(query)
    request = AWSRequest(method=chance.choice(["GET", "PUT", "POST", "DELETE", "HEAD"]), url=url, data=body.encode())
    for name, value in headers:
        request.headers.add_header(name, value)
    signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    with unittest.mock.patch("botocore.auth.get_current_datetime", return_value=time):
        signer(Credentials("AKIDEXAMPLE", "wJalr/secret+KEY", token), service, region).add_auth(request)
    print(json.dumps({
        "service": service, "region": region, "method": request.method, "host": host, "path": path,
        "query": [{"name": name, "value": value} for name, value in query],
        "headers": [{"name": name, "value": value} for name, value in headers], "body": body, "token": token,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "url": url, "authorization": request.headers["Authorization"],
    }))
