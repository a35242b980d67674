"""A small web application: people upload files straight to S3, and see what became of them by Lazaret's notices.

    python server.py --bucket acme-incoming --port 8000        # with the usual AWS variables, and HOOK_SECRET

Only the standard library and boto3. It shows the way of an upload, not how to run a web server in production.
"""

import argparse
import base64
import hashlib
import http.server
import json
import os
import pathlib
import re
import secrets
import time
import urllib.parse

import boto3
from botocore.config import Config

from notices import Uploads, is_genuine

PAGE = (pathlib.Path(__file__).parent / "page.html").read_bytes()
# The page's own script, and no other.
SCRIPT = base64.b64encode(hashlib.sha256(re.search(b"<script>(.*)</script>", PAGE, re.S)[1]).digest()).decode()
LARGEST = 100 << 20  # bytes of an upload
LONGEST_NOTICE = 256 << 10
LONGEST_REQUEST = 4 << 10
LIFE = 600  # seconds that a presigned URL is good for


class Application:
    def __init__(self, bucket: str, hook_secrets: list[str]):
        self.bucket = bucket
        self.hook_secrets = hook_secrets
        self.uploads = Uploads()
        settings = Config(signature_version="s3v4", s3={"addressing_style": "path"})
        self.s3 = boto3.client("s3", config=settings)

    def begin(self, owner: str, wanted: dict) -> dict:
        """An upload of its own key, and where the browser sends its bytes: by POST with a form, or by PUT."""
        # `${filename}` in a key is a variable of S3's forms.
        name = str(wanted.get("name", "")).replace("\\", "/").replace("${", "").rsplit("/", 1)[-1][:100] or "unnamed"
        kind = str(wanted.get("type", ""))[:100] or "application/octet-stream"
        identity = secrets.token_urlsafe(12)
        key = f"uploads/{owner}/{identity}/{name}"
        self.uploads.add(identity, owner, name, key)
        if wanted.get("by") == "put":
            parameters = {"Bucket": self.bucket, "Key": key, "ContentType": kind, "IfNoneMatch": "*"}
            url = self.s3.generate_presigned_url("put_object", Params=parameters, ExpiresIn=LIFE)
            return {"id": identity, "method": "PUT", "url": url, "headers": {"Content-Type": kind, "If-None-Match": "*"}}
        form = self.s3.generate_presigned_post(
            self.bucket, key, Fields={"Content-Type": kind},
            Conditions=[{"Content-Type": kind}, ["content-length-range", 0, LARGEST]], ExpiresIn=LIFE,
        )  # fmt: skip
        return {"id": identity, "method": "POST", "url": form["url"], "fields": form["fields"]}

    def link(self, owner: str, identity: str) -> str | None:
        """A URL of a ready file for some minutes; browsers save it under its name and never show it."""
        found = self.uploads.ready(owner, identity)
        if found is None:
            return None
        name = urllib.parse.quote(found["name"], safe="")
        parameters = {
            "Bucket": found["bucket"], "Key": found["place"],
            "ResponseContentDisposition": f"attachment; filename*=UTF-8''{name}",
        }  # fmt: skip
        return self.s3.generate_presigned_url("get_object", Params=parameters, ExpiresIn=LIFE)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    application: Application
    timeout = 30

    def do_GET(self) -> None:
        owner = self.owner()
        match self.path.split("?")[0].split("/")[1:]:
            case [""]:
                self.answer(200, PAGE, "text/html; charset=utf-8")
            case ["uploads"]:
                self.answer_json(self.application.uploads.of(owner))
            case ["files", identity]:
                url = self.application.link(owner, identity)
                self.answer(303 if url else 404, b"", location=url)
            case _:
                self.answer(404, b"")

    def do_POST(self) -> None:
        if self.path == "/hook":
            return self.take_notice()
        body = self.body(LONGEST_REQUEST)
        # A form of another site can't send this type.
        if body is None or self.path != "/uploads" or self.headers.get("content-type") != "application/json":
            return self.answer(404, b"")
        try:
            wanted = json.loads(body)
        except ValueError:
            wanted = None
        if not isinstance(wanted, dict):
            return self.answer(400, b"")
        self.answer_json(self.application.begin(self.owner(), wanted))

    def take_notice(self) -> None:
        """A webhook of Lazaret. It is answered once it is stored; what can't be read is refused."""
        body = self.body(LONGEST_NOTICE)
        if body is None or not is_genuine(self.headers, body, self.application.hook_secrets, time.time()):
            return self.answer(401, b"")
        self.application.uploads.take(json.loads(body))
        self.answer(204, b"")

    def owner(self) -> str:
        """The person at this browser: a stand-in for your application's accounts."""
        for part in self.headers.get("cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == "owner" and len(value) == 16 and value.isalnum():
                return value
        self.new_owner = secrets.token_hex(8)
        return self.new_owner

    def body(self, limit: int) -> bytes | None:
        length = self.headers.get("content-length", "")
        if not length.isascii() or not length.isdigit() or len(length) > 9 or int(length) > limit:
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def answer_json(self, value) -> None:
        self.answer(200, json.dumps(value).encode(), "application/json")

    def answer(self, status: int, body: bytes, kind: str = "text/plain", location: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        store = urllib.parse.urlsplit(self.application.s3.meta.endpoint_url)
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; script-src 'sha256-{SCRIPT}'; style-src 'unsafe-inline'; "
            f"connect-src 'self' {store.scheme}://{store.netloc}; base-uri 'none'; form-action 'none'",
        )
        if new := getattr(self, "new_owner", None):
            self.send_header("Set-Cookie", f"owner={new}; HttpOnly; SameSite=Strict; Path=/")
            self.new_owner = None
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bucket", required=True, help="where browsers upload to")
    parser.add_argument("--port", type=int, default=8000, help="on 127.0.0.1; 0 for a free one")
    arguments = parser.parse_args()
    hook_secrets = os.environ.get("HOOK_SECRET", "").split()
    if not hook_secrets:
        parser.error("HOOK_SECRET has no secret: whsec_ and Base64; two with a space between during a rotation")
    Handler.application = Application(arguments.bucket, hook_secrets)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler)
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
