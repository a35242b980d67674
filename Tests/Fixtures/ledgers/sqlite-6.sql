-- A ledger of schema version 6. It is never to be changed.
PRAGMA application_id = 1280987732;
PRAGMA user_version = 6;
PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;
CREATE TABLE attempts (
    job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    worker TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    error TEXT,
    PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;
INSERT INTO "attempts" VALUES(1,1,'alpha',1795248000000,1795248000000,NULL);
INSERT INTO "attempts" VALUES(2,1,'alpha',1795248060000,1795248120000,'S3 answered 503');
INSERT INTO "attempts" VALUES(3,1,'alpha',1795248180000,1795248180000,'denied');
CREATE TABLE audit_trail (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    job TEXT,
    reason TEXT NOT NULL
) STRICT;
INSERT INTO "audit_trail" VALUES(1,1795248300000,'mara','release','s3://media/permanent/1.png','00000000000000000000000000000001','ticket 7');
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    bucket TEXT NOT NULL,
    key BLOB NOT NULL,
    version_id TEXT,
    etag TEXT,
    size INTEGER,
    sequencer TEXT,
    event_name TEXT NOT NULL,
    event_time INTEGER,
    pipeline TEXT,
    first_received_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    worker TEXT NOT NULL,
    claimed_until INTEGER,
    verdict TEXT,
    lists TEXT,
    bytes_read INTEGER,
    sha256 TEXT,
    declared_type TEXT,
    detected_type TEXT,
    engine TEXT,
    signatures TEXT,
    scan_millis INTEGER,
    outcome TEXT,
    disposition TEXT,
    destination_bucket TEXT,
    destination_key BLOB,
    destination_version TEXT,
    finished_at INTEGER,
    error TEXT, signature_set INTEGER REFERENCES signature_sets (number), method TEXT, objects INTEGER, deepest INTEGER, recovered INTEGER, stranded_at INTEGER CHECK (stranded_at IS NULL OR outcome IS NULL), judged_at INTEGER, rules TEXT, planned_bucket TEXT, planned_key BLOB, tagging_since INTEGER, principal TEXT, source_ip TEXT, request_id TEXT, user_metadata TEXT, user_tags TEXT, content_disposition TEXT, last_modified INTEGER,
    CHECK ((outcome IS NULL) = (finished_at IS NULL)),
    CHECK (outcome IS NULL OR claimed_until IS NULL),
    CHECK (verdict IS NULL OR bytes_read IS NOT NULL),
    CHECK (outcome IS NOT 'settled' OR (verdict IS NOT NULL AND disposition IS NOT NULL)),
    CHECK ((destination_bucket IS NULL) = (destination_key IS NULL))
) STRICT;
INSERT INTO "jobs" VALUES(1,'00000000000000000000000000000001','incoming',X'75706C6F6164732F312E706E67','v1','e1',10,'001','ObjectCreated:Put',1795247940000,'uploads',1795248000000,1,'alpha',NULL,'clean',NULL,10,'abababababababababababababababababababababababababababababababab','image/png','image/png','ClamAV 1.4.6','demo 3',4,'settled','promoted','media',X'7065726D616E656E742F312E706E67','w1',1795248000000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'media',X'7065726D616E656E742F312E706E67',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES(2,'00000000000000000000000000000002','incoming',X'75706C6F6164732F322E706E67','v2','e2',20,'002','ObjectCreated:Put',1795247940000,'uploads',1795248060000,1,'alpha',NULL,'infected','{"findings":[{"kind":"signature","name":"Eicar-Test-Signature"},{"kind":"limit","name":"max-files","detail":"a \"quoted\" \\ path,\nwith é, é, \u0000 and 🦠"},{"kind":"note","name":""}],"limits":["max-files","max, \"size\""]}',68,NULL,NULL,'text/plain',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'S3 answered 503',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES(3,'00000000000000000000000000000003','incoming',X'75706C6F6164732F332E706E67','v3','e3',30,'003','ObjectCreated:Put',1795247940000,NULL,1795248180000,1,'alpha',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'failed',NULL,NULL,NULL,NULL,1795248180000,'denied',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES(4,'00000000000000000000000000000004','incoming',X'75706C6F6164732F342E706E67','v4','e4',40,'004','ObjectCreated:Put',1795247940000,'uploads',1795248240000,1,'alpha',NULL,'infected','{"findings":[{"kind":"signature","name":"Eicar-Test-Signature"}],"limits":[]}',68,'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd',NULL,'text/plain','ClamAV 1.4.6','demo 3',5,'settled','quarantined','quarantine',X'696E6665637465642F34','q4',1795248300000,NULL,1,'members',3,2,1,NULL,NULL,NULL,'quarantine',X'696E6665637465642F34',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES(5,'00000000000000000000000000000005','incoming',X'75706C6F6164732F352E706E67','v5','e5',50,'005','ObjectCreated:Put',1795247940000,'uploads',1795248300000,2,'alpha',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES(6,'00000000000000000000000000000006','incoming',X'75706C6F6164732F362E706E67','v6','e6',60,'006','ObjectCreated:Put',1795247940000,'uploads',1795248360000,1,'alpha',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'dead-lettered',NULL,NULL,NULL,NULL,NULL,1795248361000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES(7,'00000000000000000000000000000007','incoming',X'75706C6F6164732F372E706E67','v7','e7',70,'007','ObjectCreated:Put',1795247940000,'uploads',1795248420000,1,'alpha',NULL,'clean',NULL,10,'abababababababababababababababababababababababababababababababab','image/png','image/png','ClamAV 1.4.6','demo 3',4,'settled','promoted','media',X'7065726D616E656E742F372E706E67',NULL,1795248420000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1795248419000,'fingerprint','media',X'7065726D616E656E742F372E706E67',NULL,'AWS:AIDAEXAMPLE','192.0.2.7','R7','{"album":"harbour"}','{}',NULL,1795247940000);
CREATE TABLE past_outcomes (
    job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
    attempts INTEGER NOT NULL,
    verdict TEXT,
    lists TEXT,
    bytes_read INTEGER,
    sha256 TEXT,
    declared_type TEXT,
    detected_type TEXT,
    engine TEXT,
    signatures TEXT,
    scan_millis INTEGER,
    outcome TEXT NOT NULL,
    disposition TEXT,
    destination_bucket TEXT,
    destination_key BLOB,
    destination_version TEXT,
    finished_at INTEGER NOT NULL,
    error TEXT,
    method TEXT,
    objects INTEGER,
    deepest INTEGER,
    recovered INTEGER,
    signature_set INTEGER REFERENCES signature_sets (number),
    reopened_at INTEGER NOT NULL,
    PRIMARY KEY (job, attempts)
) STRICT, WITHOUT ROWID;
INSERT INTO "past_outcomes" VALUES(5,1,'clean',NULL,10,NULL,NULL,NULL,NULL,NULL,NULL,'settled','kept',NULL,NULL,NULL,1795248301000,NULL,NULL,NULL,NULL,NULL,NULL,1795248302000);
CREATE TABLE signature_sets (
    number INTEGER PRIMARY KEY,
    databases TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO "signature_sets" VALUES(1,'{"databases":[{"name":"daily.cld","version":27000,"built":1795244400000},{"name":"rules.yar","built":1795244400000}]}');
CREATE TABLE unreadable_messages (
    message_id TEXT PRIMARY KEY NOT NULL,
    reason TEXT NOT NULL,
    body TEXT NOT NULL,
    receive_count INTEGER NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL
) STRICT;
INSERT INTO "unreadable_messages" VALUES('message-1','not JSON','hello',2,1795248240000,1795248240000);
CREATE INDEX jobs_by_time ON jobs (first_received_at);
CREATE INDEX jobs_by_bucket ON jobs (bucket, first_received_at);
CREATE INDEX jobs_by_key ON jobs (key, first_received_at);
CREATE INDEX jobs_by_outcome ON jobs (outcome, first_received_at);
CREATE INDEX jobs_by_pipeline ON jobs (pipeline, first_received_at) WHERE pipeline IS NOT NULL;
CREATE INDEX jobs_by_verdict ON jobs (verdict, first_received_at) WHERE verdict IS NOT NULL;
CREATE INDEX unreadable_messages_by_time ON unreadable_messages (last_seen_at);
CREATE INDEX audit_trail_by_job ON audit_trail (job) WHERE job IS NOT NULL;
CREATE TRIGGER audit_trail_is_not_changed BEFORE UPDATE ON audit_trail
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_trail_is_not_deleted BEFORE DELETE ON audit_trail
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_trail_is_not_replaced BEFORE INSERT ON audit_trail
    WHEN EXISTS (SELECT 1 FROM audit_trail WHERE number = NEW.number)
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE INDEX jobs_stranded ON jobs (first_received_at) WHERE stranded_at IS NOT NULL;
CREATE INDEX jobs_by_disposition ON jobs (disposition, first_received_at) WHERE disposition IS NOT NULL;
CREATE INDEX jobs_by_signatures ON jobs (signature_set, first_received_at) WHERE signature_set IS NOT NULL;
CREATE INDEX jobs_with_reason ON jobs (first_received_at) WHERE lists IS NOT NULL OR error IS NOT NULL;
CREATE INDEX jobs_by_sequence ON jobs
    (key, bucket, planned_key, planned_bucket, length(ltrim(sequencer, '0')), upper(ltrim(sequencer, '0')))
    WHERE verdict = 'clean' AND (outcome IS NULL OR disposition = 'promoted') AND sequencer IS NOT NULL;
CREATE INDEX jobs_by_upload ON jobs
    (key, bucket, planned_key, planned_bucket, sequencer IS NULL, coalesce(event_time, first_received_at))
    WHERE verdict = 'clean' AND (outcome IS NULL OR disposition = 'promoted');
CREATE INDEX jobs_on_their_way ON jobs (key, bucket, claimed_until)
    WHERE verdict = 'clean' AND outcome IS NULL AND claimed_until IS NOT NULL;
CREATE INDEX jobs_by_sha256 ON jobs (sha256, first_received_at) WHERE sha256 IS NOT NULL;
CREATE INDEX jobs_by_version ON jobs (key, bucket, version_id, coalesce(event_time, first_received_at))
    WHERE version_id IS NOT NULL;
CREATE INDEX jobs_by_etag ON jobs (key, bucket, etag, coalesce(event_time, first_received_at))
    WHERE version_id IS NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('audit_trail',1);
COMMIT;
