"""What an application does with Lazaret's notices: verify, understand, remember. docs/APPLICATIONS.md explains it."""

import base64
import hashlib
import hmac
import sqlite3
import threading

TOLERANCE = 300  # seconds that a notice may have been on its way, and clocks may differ


def is_genuine(headers, body: bytes, secrets: list[str], now: float) -> bool:
    """Whether a request is signed with one of the secrets (Standard Webhooks) and new."""
    identity, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent.isascii() or not sent.isdigit() or len(sent) > 12 or abs(now - int(sent)) > TOLERANCE:
        return False
    signatures = headers.get("webhook-signature", "").encode().split(b" ")
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = hmac.new(key, f"{identity}.{sent}.".encode() + body, hashlib.sha256).digest()
        wanted = b"v1," + base64.b64encode(digest)
        if any(hmac.compare_digest(wanted, one) for one in signatures):
            return True
    return False


def state_of(notice: dict) -> str:
    """What the page shows after a notice."""
    if notice["kind"] == "received" or notice.get("outcome") == "failed":
        return "processing"
    if notice.get("disposition") == "promoted":
        return "ready"
    if notice.get("disposition") == "kept" and notice.get("verdict") == "clean":
        return "ready"
    if notice.get("outcome") in ("superseded", "gone", "marker"):
        return "replaced"
    return "refused"


def place_of(notice: dict) -> tuple[str, str] | tuple[None, None]:
    """Where a ready object is: bucket and key."""
    if state_of(notice) != "ready":
        return None, None
    found = notice.get("destination") or notice["s3ObjectDetails"]
    return found["bucketName"], found["objectKey"]


class Uploads:
    """The application's record of uploads, in SQLite."""

    def __init__(self, path: str = ":memory:"):
        self.lock = threading.Lock()
        self.database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.database.row_factory = sqlite3.Row
        self.database.execute(
            """CREATE TABLE IF NOT EXISTS uploads (
                number INTEGER PRIMARY KEY, id TEXT UNIQUE, owner TEXT, name TEXT, key TEXT UNIQUE,
                state TEXT DEFAULT 'queued', job TEXT, revision INTEGER DEFAULT -1, bucket TEXT, place TEXT)"""
        )

    def add(self, identity: str, owner: str, name: str, key: str) -> None:
        with self.lock:
            self.database.execute(
                "INSERT INTO uploads (id, owner, name, key) VALUES (?, ?, ?, ?)", (identity, owner, name, key)
            )

    def take(self, notice: dict) -> bool:
        """Remembers a notice, however often it comes and in whatever order. Returns whether it changed anything."""
        if notice["kind"] == "test":
            return False
        bucket, place = place_of(notice)
        with self.lock:
            changed = self.database.execute(
                """UPDATE uploads SET state = ?, job = ?, revision = ?, bucket = ?, place = ?
                WHERE key = ? AND (job IS NULL OR job <> ? OR revision < ?)""",
                (
                    state_of(notice), notice["job"], notice["revision"], bucket, place,
                    notice["s3ObjectDetails"]["objectKey"], notice["job"], notice["revision"],
                ),
            )  # fmt: skip
            return changed.rowcount > 0

    def of(self, owner: str) -> list[dict]:
        with self.lock:
            rows = self.database.execute(
                "SELECT id, name, state FROM uploads WHERE owner = ? ORDER BY number DESC LIMIT 100", (owner,)
            )
            return [dict(row) for row in rows]

    def ready(self, owner: str, identity: str) -> sqlite3.Row | None:
        with self.lock:
            return self.database.execute(
                "SELECT * FROM uploads WHERE owner = ? AND id = ? AND state = 'ready'", (owner, identity)
            ).fetchone()
