"""Verifies the hash chain in a copy of a ledger in SQLite, by docs/LEDGER.md alone.

usage: ledger_chain.py COPY
Prints the head, and exits with 1 at the first entry or row that is not right.
"""
import hashlib
import sqlite3
import sys

END = ("attempts, finished_at, error, outcome, disposition, destination_bucket, destination_key, destination_version, verdict, lists,"
       " bytes_read, sha256, declared_type, detected_type, engine, signatures, scan_millis, method, objects, deepest, recovered,"
       " databases, judged_at, rules, planned_bucket, planned_key, tagging_since")
END = ", ".join("(SELECT databases FROM signature_sets s WHERE s.number = e.signature_set)" if c == "databases" else f"e.{c}"
                for c in END.split(", "))
OUTCOME = ("j.id, j.bucket, j.key, j.version_id, j.etag, j.size, e.sequencer, j.event_name, e.event_time, e.pipeline,"
           " j.first_received_at, e.worker, " + END + ", j.principal, j.source_ip, j.request_id, e.user_metadata, e.user_tags,"
           " e.content_disposition, e.last_modified")
ROWS = {
    "outcome": [f"SELECT {OUTCOME} FROM jobs j JOIN jobs e ON e.number = j.number WHERE j.id = :job AND e.attempts = :number"
                " AND e.outcome IS NOT NULL",
                f"SELECT {OUTCOME} FROM jobs j JOIN past_outcomes e ON e.job = j.number WHERE j.id = :job"
                " AND e.attempts = :number"],
    "review": ["SELECT j.id, r.actor, changed_at, reason, place_bucket, place_key, place_version, approved_by, approved_at,"
               " approval_reason, work_count, work, target_bucket, target_key, requested_by, requested_at, request_reason,"
               " remembered_until FROM reviews r JOIN jobs j ON j.number = r.job WHERE j.id = :job"],
    "note": ["SELECT j.id, n.at, n.actor, n.text FROM review_notes n JOIN jobs j ON j.number = n.job"
             " WHERE j.id = :job AND n.number = :number"],
    "audit": ["SELECT number, at, actor, action, subject, job, reason FROM audit_trail WHERE number = :number"],
    "false-positive": ["SELECT number, sha256, kind, finding, pipeline, job, actor, added_at, reason, expires_at"
                       " FROM false_positives WHERE number = :number"],
    "revocation": ["SELECT number, revoked_by, revoked_at, revocation_reason FROM false_positives WHERE number = :number"],
}


def field(value):
    if value is None:
        return b"-"
    value = value if isinstance(value, bytes) else str(value).encode()
    return b"%d:%s," % (len(value), value)


def digest(*values):
    return hashlib.sha256(b"".join(map(field, values))).digest()


def fail(sequence, text):
    sys.exit(f"entry {sequence}: {text}")


db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
db.text_factory = bytes
entries = db.execute("SELECT sequence, kind, job, number, at, state, content, hash FROM chain ORDER BY sequence").fetchall()
gaps = db.execute("SELECT statement, first, last, hash FROM chain_gaps ORDER BY statement, first").fetchall()
last_review = dict(db.execute("SELECT job, max(sequence) FROM chain WHERE kind = 'review' GROUP BY job"))
seals = [(e[0], e[3]) for e in entries if e[1] == b"seal"]
# The last entry of each outcome that was sealed: those before are about the row as it was.
last_sealed = {(e[2], e[3]): e[0] for e in entries
               if e[1] == b"outcome" and any(0 < seal < e[0] <= seal + number for seal, number in seals)}
expected, previous = 1, bytes(32)
for sequence, kind, job, number, at, state, content, stored in entries:
    kind = kind.decode()
    while sequence != expected:
        gap = [g for g in gaps if g[1] == expected and g[0] > g[2]]
        if not gap:
            fail(expected, "missing")
        expected, previous = gap[0][2] + 1, gap[0][3]
    if digest("lazaret-chain-1", previous, sequence, kind, job, number, at, state, content) != stored:
        fail(sequence, "changed")
    if kind in ("start", "seal"):
        rows = [()]
    elif kind == "prune":
        rows = [[value for g in gaps if g[0] == sequence for value in g[1:]]]
    elif kind == "review" and last_review[job] != sequence:
        rows = None
    elif kind == "outcome" and last_sealed.get((job, number), 0) > sequence:
        rows = None
    else:
        key = {"job": job and job.decode(), "number": number}
        rows = [row for sql in ROWS[kind] for row in db.execute(sql, {k: key[k] for k in key if f":{k}" in sql})]
    if rows is not None and [digest(kind, *row) for row in rows] != [content]:
        fail(sequence, f"{kind}: {len(rows)} rows, which are not the one that was chained")
    expected, previous = sequence + 1, stored
for table, sql in {
    "outcomes": "SELECT id FROM jobs j WHERE outcome IS NOT NULL AND NOT EXISTS (SELECT 1 FROM chain c WHERE c.kind = 'outcome'"
                " AND c.job = j.id AND c.number = j.attempts)",
    "states": "SELECT id FROM jobs j WHERE review IS NOT (SELECT state FROM chain c WHERE c.job = j.id AND (c.kind = 'review'"
              " OR c.kind = 'outcome' AND c.number = j.attempts) AND j.outcome IS NOT NULL ORDER BY sequence DESC LIMIT 1)",
    "audit_trail": "SELECT number FROM audit_trail a WHERE NOT EXISTS (SELECT 1 FROM chain c WHERE c.kind = 'audit'"
                   " AND c.number = a.number)",
    "false_positives": "SELECT number FROM false_positives f WHERE NOT EXISTS (SELECT 1 FROM chain c"
                       " WHERE c.kind = 'false-positive' AND c.number = f.number)",
}.items():
    for (row,) in db.execute(sql):
        sys.exit(f"{table}: {row} has no entry")
print(f"{expected - 1}:{previous.hex()}")
