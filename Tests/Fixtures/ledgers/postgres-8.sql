-- A ledger of schema version 8, by pg_dump. It is never to be changed.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA lazaret;
CREATE FUNCTION lazaret.audit_trail_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE lazaret.attempts (
    job bigint NOT NULL,
    number bigint NOT NULL,
    worker text NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint,
    error text
);
CREATE TABLE lazaret.audit_trail (
    number bigint NOT NULL,
    at bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    job text COLLATE pg_catalog."C",
    reason text NOT NULL
);
ALTER TABLE lazaret.audit_trail ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lazaret.audit_trail_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE lazaret.chain (
    sequence bigint NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    job text COLLATE pg_catalog."C",
    number bigint NOT NULL,
    at bigint NOT NULL,
    state text COLLATE pg_catalog."C",
    content bytea NOT NULL,
    hash bytea NOT NULL
);
CREATE TABLE lazaret.chain_gaps (
    first bigint NOT NULL,
    last bigint NOT NULL,
    hash bytea NOT NULL,
    statement bigint NOT NULL
);
CREATE TABLE lazaret.false_positives (
    number bigint NOT NULL,
    sha256 text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    finding text NOT NULL,
    pipeline text NOT NULL COLLATE pg_catalog."C",
    job text NOT NULL,
    actor text NOT NULL,
    added_at bigint NOT NULL,
    reason text NOT NULL,
    expires_at bigint NOT NULL,
    revoked_by text,
    revoked_at bigint,
    revocation_reason text
);
ALTER TABLE lazaret.false_positives ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lazaret.false_positives_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE lazaret.inspections (
    job bigint NOT NULL,
    signature_set bigint NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE lazaret.jobs (
    number bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    bucket text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    version_id text,
    etag text,
    size bigint,
    sequencer text,
    event_name text NOT NULL,
    event_time bigint,
    pipeline text COLLATE pg_catalog."C",
    first_received_at bigint NOT NULL,
    worker text NOT NULL,
    claimed_until bigint,
    stranded_at bigint,
    attempts bigint NOT NULL,
    verdict text COLLATE pg_catalog."C",
    lists text,
    bytes_read bigint,
    sha256 text,
    declared_type text,
    detected_type text,
    engine text,
    signatures text,
    scan_millis bigint,
    outcome text COLLATE pg_catalog."C",
    disposition text COLLATE pg_catalog."C",
    destination_bucket text,
    destination_key bytea,
    destination_version text,
    finished_at bigint,
    error text,
    method text,
    objects bigint,
    deepest bigint,
    recovered bigint,
    signature_set bigint,
    judged_at bigint,
    rules text,
    planned_bucket text,
    planned_key bytea,
    tagging_since bigint,
    principal text,
    source_ip text,
    request_id text,
    user_metadata text,
    user_tags text,
    content_disposition text,
    last_modified bigint,
    is_counted bigint,
    review text COLLATE pg_catalog."C",
    CONSTRAINT jobs_check CHECK (((stranded_at IS NULL) OR (outcome IS NULL))),
    CONSTRAINT jobs_check1 CHECK (((outcome IS NULL) = (finished_at IS NULL))),
    CONSTRAINT jobs_check2 CHECK (((outcome IS NULL) OR (claimed_until IS NULL))),
    CONSTRAINT jobs_check3 CHECK (((verdict IS NULL) OR (bytes_read IS NOT NULL))),
    CONSTRAINT jobs_check4 CHECK (((outcome IS DISTINCT FROM 'settled'::text) OR ((verdict IS NOT NULL) AND (disposition IS NOT NULL)))),
    CONSTRAINT jobs_check5 CHECK (((destination_bucket IS NULL) = (destination_key IS NULL)))
);
ALTER TABLE lazaret.jobs ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lazaret.jobs_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE lazaret.notices (
    number bigint NOT NULL,
    id text NOT NULL,
    destination text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    job text,
    pipeline text NOT NULL,
    bucket text NOT NULL,
    verdict text,
    disposition text,
    body text NOT NULL,
    created_at bigint NOT NULL,
    due_at bigint NOT NULL,
    attempts bigint DEFAULT 0 NOT NULL,
    sent_at bigint,
    error text,
    is_refused bigint DEFAULT 0 NOT NULL
);
ALTER TABLE lazaret.notices ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lazaret.notices_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE lazaret.past_outcomes (
    job bigint NOT NULL,
    attempts bigint NOT NULL,
    verdict text,
    lists text,
    bytes_read bigint,
    sha256 text,
    declared_type text,
    detected_type text,
    engine text,
    signatures text,
    scan_millis bigint,
    outcome text NOT NULL,
    disposition text,
    destination_bucket text,
    destination_key bytea,
    destination_version text,
    finished_at bigint NOT NULL,
    error text,
    method text,
    objects bigint,
    deepest bigint,
    recovered bigint,
    signature_set bigint,
    reopened_at bigint NOT NULL,
    worker text,
    pipeline text COLLATE pg_catalog."C",
    sequencer text,
    event_time bigint,
    judged_at bigint,
    rules text,
    planned_bucket text,
    planned_key bytea,
    tagging_since bigint,
    user_metadata text,
    user_tags text,
    content_disposition text,
    last_modified bigint
);
CREATE TABLE lazaret.quota_uses (
    pipeline text NOT NULL,
    subject bytea NOT NULL,
    period bigint NOT NULL,
    start bigint NOT NULL,
    used bigint NOT NULL
);
CREATE TABLE lazaret.review_notes (
    number bigint NOT NULL,
    job bigint NOT NULL,
    at bigint NOT NULL,
    actor text NOT NULL,
    text text NOT NULL
);
ALTER TABLE lazaret.review_notes ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lazaret.review_notes_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE lazaret.reviews (
    job bigint NOT NULL,
    actor text,
    changed_at bigint,
    reason text,
    place_bucket text,
    place_key bytea,
    place_version text,
    approved_by text,
    approved_at bigint,
    approval_reason text,
    work_count bigint NOT NULL,
    work text,
    target_bucket text,
    target_key bytea,
    requested_by text,
    requested_at bigint,
    request_reason text,
    remembered_until bigint,
    worker text,
    claimed_until bigint,
    CONSTRAINT reviews_check CHECK (((work IS NULL) = (claimed_until IS NULL)))
);
CREATE TABLE lazaret.schema_version (
    is_only boolean DEFAULT true NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT schema_version_is_only_check CHECK (is_only)
);
CREATE TABLE lazaret.signature_sets (
    number bigint NOT NULL,
    databases text NOT NULL
);
ALTER TABLE lazaret.signature_sets ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lazaret.signature_sets_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE lazaret.unreadable_messages (
    message_id text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL,
    body text NOT NULL,
    receive_count bigint NOT NULL,
    first_seen_at bigint NOT NULL,
    last_seen_at bigint NOT NULL
);
INSERT INTO lazaret.attempts VALUES (1, 1, 'alpha', 1795248060000, 1795248060100, NULL);
INSERT INTO lazaret.attempts VALUES (2, 1, 'alpha', 1795248120000, 1795248120100, 'S3 answered 503');
INSERT INTO lazaret.attempts VALUES (3, 1, 'alpha', 1795248180000, 1795248180100, 'denied');
INSERT INTO lazaret.attempts VALUES (8, 1, 'beta', 1795254000000, 1795254060000, NULL);
INSERT INTO lazaret.attempts VALUES (9, 1, 'beta', 1795254600000, 1795254660000, NULL);
INSERT INTO lazaret.attempts VALUES (9, 2, 'beta', 1795254780000, 1795254840000, NULL);
INSERT INTO lazaret.attempts VALUES (11, 1, 'beta', 1795255200000, 1795255260000, NULL);
INSERT INTO lazaret.attempts VALUES (12, 1, 'beta', 1795255800000, 1795255860000, NULL);
INSERT INTO lazaret.audit_trail OVERRIDING SYSTEM VALUE VALUES (1, 1795248000000, 'mara', 'release', 's3://media/permanent/1.png', '00000000000000000000000000000001', 'ticket 7');
INSERT INTO lazaret.audit_trail OVERRIDING SYSTEM VALUE VALUES (2, 1795254060000, 'mara', 'note', 's3://incoming/uploads/8.png', '00000000000000000000000000000008', 'ticket 8');
INSERT INTO lazaret.audit_trail OVERRIDING SYSTEM VALUE VALUES (3, 1795254120000, 'mara', 'release', 's3://incoming/uploads/8.png', '00000000000000000000000000000008', 'ticket 8');
INSERT INTO lazaret.audit_trail OVERRIDING SYSTEM VALUE VALUES (4, 1795254180000, 'mara', 'release', 's3://incoming/uploads/8.png', '00000000000000000000000000000008', 'ticket 8');
INSERT INTO lazaret.audit_trail OVERRIDING SYSTEM VALUE VALUES (5, 1795254240000, 'mara', 'revoke', 's3://incoming/uploads/8.png', '00000000000000000000000000000008', 'ticket 8');
INSERT INTO lazaret.audit_trail OVERRIDING SYSTEM VALUE VALUES (6, 1795254720000, 'mara', 'replay', 's3://incoming/uploads/10.png', '0000000000000000000000000000000a', 'ticket 10');
INSERT INTO lazaret.audit_trail OVERRIDING SYSTEM VALUE VALUES (7, 1795255440000, 'otto', 'check', 's3://incoming/uploads/11.png', '0000000000000000000000000000000b', 'ticket 11');
INSERT INTO lazaret.chain VALUES (1, 'start', NULL, 9, 1796058809716, NULL, '\x8abd3dc155ca1f9ca57b41d2777eb5ead915454d82584f21fdc837135c77b13b', '\xac29fb8f4489f1cb835adf5fc5db6bd8a0ce63cdb02e7ed4244fe26f0c741903');
INSERT INTO lazaret.chain VALUES (2, 'outcome', '00000000000000000000000000000005', 1, 1795248301000, NULL, '\x541bd79c97e27e44af2ee27b7e04e96dc5a6ce3cfbbd05f1e2920f1641be2479', '\xe6492e6cf50ca88ce5abd8458d4056d57c7740f5538e8ebfa55045b787257c60');
INSERT INTO lazaret.chain VALUES (3, 'outcome', '00000000000000000000000000000001', 1, 1795248060000, NULL, '\x3447116966fddf260f45bce04cff6bed531cbb5b508f15f15e3d003029312392', '\x9d3090da75e96d65afa6a03ae570a5135fe8e3230bdb5db8ec4706e1dff88528');
INSERT INTO lazaret.chain VALUES (4, 'outcome', '00000000000000000000000000000003', 1, 1795248180000, NULL, '\x1c46732928e2f4213ce94e8670bdc1cc6d81b393cb5ded671c30bc15d1ad3fb3', '\xa0d55f934517bf94c1a538f3689a5edb919b0eb739c23517b75d497860815732');
INSERT INTO lazaret.chain VALUES (5, 'outcome', '00000000000000000000000000000004', 1, 1795248300000, 'held', '\x62ec97c2e502120111a92b4a8983c589a1357de74e088ec3d6fcb81ab8527f22', '\xcfaf7ccd9f71c66e120b34b99b1d85eec9d123fe933c6604ce41583cf1b0d64f');
INSERT INTO lazaret.chain VALUES (6, 'outcome', '00000000000000000000000000000007', 1, 1795248420000, NULL, '\xc6321f15bc4e2b41e6e841772cd3c0edafd1482ea7a77ba312092a3dd1cd559d', '\xb9f7be710a77723a60eda1e08f1d14224731c88eeb006ff581edcd76399de794');
INSERT INTO lazaret.chain VALUES (7, 'review', '00000000000000000000000000000004', 0, 1795248500000, 'held', '\xe3c8aa2dbfe51e673211f18fe94602fb4313700a458aecacc182425199a8d2cf', '\x18abde2d86fd6b74f4922d405d1f224ba051aab81b73fe89bc08e5af0a17ef12');
INSERT INTO lazaret.chain VALUES (8, 'note', '00000000000000000000000000000004', 1, 1795248500000, NULL, '\xc969d6bce34dedffdde491b2f616cdfc808fd9657edbaca435d70e9faf8bae7d', '\x5bf85a8e0df05216fb3569009ee74ba4c909a8c074e1e4ad5108d27562761deb');
INSERT INTO lazaret.chain VALUES (9, 'audit', NULL, 1, 1795248000000, NULL, '\x0aa3e5212f7e94d23769604edf079b7def80460eac8ad1c99f1934131fd2d526', '\xf693552a6f64189eecba1f46003cddb2a1c9851e328ee0e5c5f34a10434eca6e');
INSERT INTO lazaret.chain VALUES (10, 'false-positive', NULL, 1, 1795248000000, NULL, '\xa718e287a055671af9c4c8eb212c03a15033962e7bfadf13a63bec8956887162', '\x19891c5491b7c26f229eb80b1c4d03c65932c222f2c774f997f515c3cb13041a');
INSERT INTO lazaret.chain VALUES (11, 'outcome', '00000000000000000000000000000008', 1, 1795254060000, 'pending', '\x085da161de4eb69f4b1e01ae84dfc0e6ebda5d55047024f5fb3a21140e31cd5b', '\x9e8a2358c0643553d558b6c871f58e58e53cf19c0686072461dc3481c02db269');
INSERT INTO lazaret.chain VALUES (12, 'note', '00000000000000000000000000000008', 2, 1795254060000, NULL, '\xb6d1aefc6346430a12c13aa0730a08828ac71bf85521855af010a4ea06af3781', '\x988e1c54f45ab53692866bd552ad0302d0bca26d17dacc09816986c4539a6aae');
INSERT INTO lazaret.chain VALUES (13, 'audit', NULL, 2, 1795254060000, NULL, '\xe24d4ed72869c4ec146a8f927a64c3bada801150b51759b305afd5c40072aa0b', '\xf263e7390d44c086115e754758cb6eb83edbc4d814f1ded5f6b2889b3733ef93');
INSERT INTO lazaret.chain VALUES (14, 'audit', NULL, 3, 1795254120000, NULL, '\xfe74e19d16e9f73d0955282029cc774bae80c3f87ca62b73b0f31f3d906a519b', '\xe35352835e7e24b134ccfda2b61284486f99ace2ca5ad7eef5e13f945fb7e287');
INSERT INTO lazaret.chain VALUES (15, 'review', '00000000000000000000000000000008', 0, 1795254120000, 'pending', '\x47718e5a6e894b2172230fe80b62579e67b9e95a43c358a3db35eaf46a456ce7', '\x41e0bc3597b3f0d7f85be5ed22d5ac5ec36b4552fe9c4c361316b70af3ed799b');
INSERT INTO lazaret.chain VALUES (16, 'audit', NULL, 4, 1795254180000, NULL, '\x5fb96ed0f6463f29410db5a8b718cf64ba1ecda3318555f0f916e4e9f57c4a16', '\x84abeecebf5e62332fc807ec3258e47dcbd7f4f30297ea18cbf6ea99d82927df');
INSERT INTO lazaret.chain VALUES (17, 'review', '00000000000000000000000000000008', 0, 1795254120000, 'released', '\x6414bc92079dc8f5eec34c1c53a307526ccdf7296a2b0b3e72ab0e818064e597', '\x6dcc083817e50dbe867b0d80b2ae843046a30a327741f2410e741632fa174e2d');
INSERT INTO lazaret.chain VALUES (18, 'false-positive', NULL, 2, 1795254180000, NULL, '\xb23e8737c4fe8ae327b1d946dfe046c96dd2b1d08f7ddffde767f4ce0cb282b1', '\x42cba8aca69647e448134dba1344f25335a266346bad171212e8df6f05bae3bb');
INSERT INTO lazaret.chain VALUES (19, 'revocation', NULL, 2, 1795254240000, NULL, '\x01846bc3e39dee36b6a4b1fd391f858bbed568a6a8c432f6838f3f60f97686a4', '\x04a8beba43feea0c813335e6902a34e56080b6f10e57c58ed731366951ddc771');
INSERT INTO lazaret.chain VALUES (20, 'audit', NULL, 5, 1795254240000, NULL, '\xdd09b17aaeeb67cf64e7926562e4d3bda4586f141fc72d8b7cd5ad3e76659812', '\x132c7b07e75e81e8622a413689057225c6732482c843c7f54fccb0ae3a0831be');
INSERT INTO lazaret.chain VALUES (21, 'outcome', '0000000000000000000000000000000a', 1, 1795254660000, NULL, '\x44379acf0ae3889db30ba030cac6b5bfdc473837248011c147672480c7521ada', '\x328f427aef461bc541406c27e7f6efd53db2f2701291c8a7e014b8676a09d5ad');
INSERT INTO lazaret.chain VALUES (22, 'audit', NULL, 6, 1795254720000, NULL, '\xdefbe2db89a954dee11a971c76d4f9921c37a78941f11bebd2b151aa1d1a51f5', '\xc9cc9948324d04dcf08993385b5a76c2eac8dee0d8ca91a301a19fa9b3704677');
INSERT INTO lazaret.chain VALUES (23, 'outcome', '0000000000000000000000000000000a', 2, 1795254840000, NULL, '\xacf97c4db97a8e9d827d7dcdb30f1e68739a123c5c929c363fa4b50569a5cdfa', '\x8520c578db361e8af6217de68780da00cc88792a7ec1fed478fa6c138ef53f5d');
INSERT INTO lazaret.chain VALUES (24, 'outcome', '0000000000000000000000000000000b', 1, 1795255260000, NULL, '\x8f9ee96913654d84c61c705993453c0dfada1cdc226146e7ce8c0d2f83611603', '\x518efba700bd19c12fbbf7d07cdace46159852bb27b977dd5cede009a31a74d2');
INSERT INTO lazaret.chain VALUES (25, 'audit', NULL, 7, 1795255440000, NULL, '\x421729a4423bf1aeba3e51b1d74cf16e1832f4fec71baed95288480f2310a5a8', '\xd84b173ccf1f15fee71b05cbf06b88ddf51b4a23cdf5280fb04ce013fb6de9b1');
INSERT INTO lazaret.chain VALUES (26, 'outcome', '0000000000000000000000000000000c', 1, 1795255860000, NULL, '\xe8781657535f35921ec84cb10aed0d0fdb6f1335fdd642d4f169b19ca8f8fbb7', '\x117fc3b2783515d1f60c7ca6744ed5fc28b39000a3e443d4ce9ddfc146a108db');
INSERT INTO lazaret.false_positives OVERRIDING SYSTEM VALUE VALUES (1, 'efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef', 'signature', 'Too.Eager', 'uploads', '00000000000000000000000000000001', 'mara', 1795248000000, 'ticket 9', 1805248000000, NULL, NULL, NULL);
INSERT INTO lazaret.false_positives OVERRIDING SYSTEM VALUE VALUES (2, '8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a', 'signature', 'Eager.Two', 'uploads', '00000000000000000000000000000008', 'mara', 1795254180000, 'ticket 8', 1855248000000, 'mara', 1795254240000, 'ticket 8');
INSERT INTO lazaret.inspections VALUES (12, 5, 1795255980000);
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (2, '00000000000000000000000000000002', 'incoming', '\x75706c6f6164732f322e706e67', 'v2', 'e2', 20, '002', 'ObjectCreated:Put', 1795247940000, 'uploads', 1795248120000, 'alpha', NULL, NULL, 1, 'infected', '{"findings":[{"kind":"signature","name":"Eicar-Test-Signature"}],"limits":[]}', 68, 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', NULL, 'text/plain', 'ClamAV 1.4.6', 'demo 3', 5, NULL, NULL, NULL, NULL, NULL, NULL, 'S3 answered 503', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (3, '00000000000000000000000000000003', 'incoming', '\x75706c6f6164732f332e706e67', 'v3', 'e3', 30, '003', 'ObjectCreated:Put', 1795247940000, NULL, 1795248180000, 'alpha', NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'failed', NULL, NULL, NULL, NULL, 1795248180000, 'denied', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (5, '00000000000000000000000000000005', 'incoming', '\x75706c6f6164732f352e706e67', 'v5', 'e5', 50, '005', 'ObjectCreated:Put', 1795247940000, 'uploads', 1795248300000, 'alpha', NULL, NULL, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (6, '00000000000000000000000000000006', 'incoming', '\x75706c6f6164732f362e706e67', 'v6', 'e6', 60, '006', 'ObjectCreated:Put', 1795247940000, 'uploads', 1795248360000, 'alpha', NULL, 1795248361000, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'dead-lettered', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (1, '00000000000000000000000000000001', 'incoming', '\x75706c6f6164732f312e706e67', 'v1', 'e1', 10, '001', 'ObjectCreated:Put', 1795247940000, 'uploads', 1795248060000, 'alpha', NULL, NULL, 1, 'clean', NULL, 10, 'abababababababababababababababababababababababababababababababab', 'image/png', 'image/png', 'ClamAV 1.4.6', 'demo 3', 4, 'settled', 'promoted', 'media', '\x7065726d616e656e742f312e706e67', 'w1', 1795248060000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'media', '\x7065726d616e656e742f312e706e67', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (7, '00000000000000000000000000000007', 'incoming', '\x75706c6f6164732f372e706e67', 'v7', 'e7', 70, '007', 'ObjectCreated:Put', 1795247940000, 'uploads', 1795248420000, 'alpha', NULL, NULL, 1, 'clean', NULL, 10, 'abababababababababababababababababababababababababababababababab', 'image/png', 'image/png', 'ClamAV 1.4.6', 'demo 3', 4, 'settled', 'promoted', 'media', '\x7065726d616e656e742f372e706e67', NULL, 1795248420000, NULL, NULL, NULL, NULL, NULL, NULL, 1795248419000, 'fingerprint', 'media', '\x7065726d616e656e742f372e706e67', NULL, 'AWS:AIDAEXAMPLE', '192.0.2.7', 'R7', '{"album":"harbour"}', '{}', NULL, 1795247940000, 1, NULL);
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (4, '00000000000000000000000000000004', 'incoming', '\x75706c6f6164732f342e706e67', 'v4', 'e4', 40, '004', 'ObjectCreated:Put', 1795247940000, 'uploads', 1795248240000, 'alpha', NULL, NULL, 1, 'infected', '{"findings":[{"kind":"signature","name":"Eicar-Test-Signature"}],"limits":[]}', 68, 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', NULL, 'text/plain', 'ClamAV 1.4.6', 'demo 3', 5, 'settled', 'quarantined', 'quarantine', '\x696e6665637465642f34', 'q4', 1795248300000, NULL, 'members', 3, 2, 1, 1, NULL, NULL, 'quarantine', '\x696e6665637465642f34', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'held');
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (9, '0000000000000000000000000000000a', 'incoming', '\x75706c6f6164732f31302e706e67', 'v10', 'e10', 100, '0010', 'ObjectCreated:Put', 1795247940000, 'uploads', 1795254600000, 'beta', NULL, NULL, 2, 'clean', NULL, 10, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'image/png', 'image/png', 'ClamAV 1.4.6', 'demo 3', 4, 'settled', 'promoted', 'media', '\x7065726d616e656e742f3130', 'w10', 1795254840000, NULL, 'members', 12, 2, NULL, 2, 1795254780000, 'fingerprint', 'media', '\x7065726d616e656e742f3130', NULL, NULL, NULL, NULL, '{"album":"harbour"}', NULL, NULL, 1795247940000, NULL, NULL);
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (8, '00000000000000000000000000000008', 'incoming', '\x75706c6f6164732f382e706e67', 'v8', 'e8', 80, '008', 'ObjectCreated:Put', 1795247940000, 'uploads', 1795254000000, 'beta', NULL, NULL, 1, 'infected', '{"findings":[{"kind":"signature","name":"Eager.Two"}],"limits":[]}', 10, '8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a', 'image/png', 'image/png', 'ClamAV 1.4.6', 'demo 3', 4, 'settled', 'quarantined', 'quarantine', '\x696e6665637465642f38', 'w8', 1795254060000, NULL, 'members', 12, 2, NULL, 2, 1795254000000, 'fingerprint', 'quarantine', '\x696e6665637465642f38', NULL, NULL, NULL, NULL, '{"album":"harbour"}', NULL, NULL, 1795247940000, NULL, 'released');
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (11, '0000000000000000000000000000000b', 'incoming', '\x75706c6f6164732f31312e706e67', 'v11', 'e11', 110, '0011', 'ObjectCreated:Put', 1795247940000, 'uploads', 1795255200000, 'beta', NULL, NULL, 1, 'clean', NULL, 10, 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'image/png', 'image/png', 'ClamAV 1.4.6', 'demo 3', 4, 'settled', 'promoted', 'media', '\x7065726d616e656e742f3131', 'w11', 1795255260000, NULL, 'members', 12, 2, NULL, 2, 1795255200000, 'fingerprint', 'media', '\x7065726d616e656e742f3131', NULL, NULL, NULL, NULL, '{"album":"harbour"}', NULL, NULL, 1795247940000, NULL, NULL);
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (12, '0000000000000000000000000000000c', 'incoming', '\x75706c6f6164732f31322e706e67', 'v12', 'e12', 120, '0012', 'ObjectCreated:Put', 1795247940000, 'uploads', 1795255800000, 'beta', NULL, NULL, 1, 'clean', NULL, 10, 'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', 'image/png', 'image/png', 'ClamAV 1.4.6', 'demo 3', 4, 'settled', 'promoted', 'media', '\x7065726d616e656e742f3132', 'w12', 1795255860000, NULL, 'members', 12, 2, NULL, 2, 1795255800000, 'fingerprint', 'media', '\x7065726d616e656e742f3132', NULL, NULL, NULL, NULL, '{"album":"harbour"}', NULL, NULL, 1795247940000, NULL, NULL);
INSERT INTO lazaret.notices OVERRIDING SYSTEM VALUE VALUES (1, 'notice-11-received', 'sns:arn:aws:sns:eu-central-1:123456789012:outcomes', 'received', '0000000000000000000000000000000b', 'uploads', 'incoming', NULL, NULL, '{"schema":1,"id":"notice-11-received"}', 1795255200000, 1795255380000, 1, 1795255320000, NULL, 0);
INSERT INTO lazaret.notices OVERRIDING SYSTEM VALUE VALUES (4, 'notice-12-outcome', 'sns:arn:aws:sns:eu-central-1:123456789012:outcomes', 'outcome', '0000000000000000000000000000000c', 'uploads', 'incoming', 'clean', 'promoted', '{"schema":1,"id":"notice-12-outcome"}', 1795255860000, 1795255860000, 0, NULL, NULL, 0);
INSERT INTO lazaret.notices OVERRIDING SYSTEM VALUE VALUES (2, 'notice-11-outcome', 'sns:arn:aws:sns:eu-central-1:123456789012:outcomes', 'outcome', '0000000000000000000000000000000b', 'uploads', 'incoming', 'clean', 'promoted', '{"schema":1,"id":"notice-11-outcome"}', 1795255260000, 1795255980000, 2, 1795255920000, NULL, 0);
INSERT INTO lazaret.notices OVERRIDING SYSTEM VALUE VALUES (3, 'notice-12-received', 'sns:arn:aws:sns:eu-central-1:123456789012:outcomes', 'received', '0000000000000000000000000000000c', 'uploads', 'incoming', NULL, NULL, '{"schema":1,"id":"notice-12-received"}', 1795255800000, 1795260000000, 1, NULL, 'the topic does not take it', 1);
INSERT INTO lazaret.past_outcomes VALUES (5, 1, 'clean', NULL, 10, NULL, NULL, NULL, NULL, NULL, NULL, 'settled', 'kept', NULL, NULL, NULL, 1795248301000, NULL, NULL, NULL, NULL, NULL, NULL, 1795248302000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO lazaret.past_outcomes VALUES (9, 1, 'clean', NULL, 10, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'image/png', 'image/png', 'ClamAV 1.4.6', 'demo 3', 4, 'settled', 'promoted', 'media', '\x7065726d616e656e742f3130', 'w10', 1795254660000, NULL, 'members', 12, 2, NULL, 2, 1795254720000, 'beta', 'uploads', '0010', 1795247940000, 1795254600000, 'fingerprint', 'media', '\x7065726d616e656e742f3130', NULL, '{"album":"harbour"}', NULL, NULL, 1795247940000);
INSERT INTO lazaret.quota_uses VALUES ('uploads', '\x4157533a414944414558414d504c45', 3600000, 1795248000000, 7);
INSERT INTO lazaret.review_notes OVERRIDING SYSTEM VALUE VALUES (1, 4, 1795248500000, 'mara', 'asked the uploader');
INSERT INTO lazaret.review_notes OVERRIDING SYSTEM VALUE VALUES (2, 8, 1795254060000, 'mara', 'ticket 8');
INSERT INTO lazaret.reviews VALUES (4, 'mara', 1795248500000, 'ticket 8', NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO lazaret.reviews VALUES (8, 'mara', 1795254120000, 'ticket 8', 'media', '\x7065726d616e656e742f38', 'x8', NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO lazaret.schema_version VALUES (true, 8);
INSERT INTO lazaret.signature_sets OVERRIDING SYSTEM VALUE VALUES (1, '{"databases":[{"name":"daily.cld","version":27000,"built":1795244400000},{"name":"rules.yar","built":1795244400000}]}');
INSERT INTO lazaret.signature_sets OVERRIDING SYSTEM VALUE VALUES (2, '{"databases":[{"name":"daily.cld","version":27001,"built":1795248000000}]}');
INSERT INTO lazaret.signature_sets OVERRIDING SYSTEM VALUE VALUES (5, '{"databases":[{"name":"daily.cld","version":27005,"built":1795255200000}]}');
INSERT INTO lazaret.unreadable_messages VALUES ('message-1', 'not JSON', 'hello', 2, 1795248000000, 1795248000000);
SELECT pg_catalog.setval('lazaret.audit_trail_number_seq', 7, true);
SELECT pg_catalog.setval('lazaret.false_positives_number_seq', 2, true);
SELECT pg_catalog.setval('lazaret.jobs_number_seq', 12, true);
SELECT pg_catalog.setval('lazaret.notices_number_seq', 4, true);
SELECT pg_catalog.setval('lazaret.review_notes_number_seq', 2, true);
SELECT pg_catalog.setval('lazaret.signature_sets_number_seq', 5, true);
ALTER TABLE ONLY lazaret.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (job, number);
ALTER TABLE ONLY lazaret.audit_trail
    ADD CONSTRAINT audit_trail_pkey PRIMARY KEY (number);
ALTER TABLE ONLY lazaret.chain_gaps
    ADD CONSTRAINT chain_gaps_pkey PRIMARY KEY (statement, first);
ALTER TABLE ONLY lazaret.chain
    ADD CONSTRAINT chain_pkey PRIMARY KEY (sequence);
ALTER TABLE ONLY lazaret.false_positives
    ADD CONSTRAINT false_positives_pkey PRIMARY KEY (number);
ALTER TABLE ONLY lazaret.inspections
    ADD CONSTRAINT inspections_pkey PRIMARY KEY (job);
ALTER TABLE ONLY lazaret.jobs
    ADD CONSTRAINT jobs_id_key UNIQUE (id);
ALTER TABLE ONLY lazaret.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (number);
ALTER TABLE ONLY lazaret.notices
    ADD CONSTRAINT notices_pkey PRIMARY KEY (number);
ALTER TABLE ONLY lazaret.past_outcomes
    ADD CONSTRAINT past_outcomes_pkey PRIMARY KEY (job, attempts);
ALTER TABLE ONLY lazaret.quota_uses
    ADD CONSTRAINT quota_uses_pkey PRIMARY KEY (pipeline, subject, period, start);
ALTER TABLE ONLY lazaret.review_notes
    ADD CONSTRAINT review_notes_pkey PRIMARY KEY (number);
ALTER TABLE ONLY lazaret.reviews
    ADD CONSTRAINT reviews_pkey PRIMARY KEY (job);
ALTER TABLE ONLY lazaret.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (is_only);
ALTER TABLE ONLY lazaret.signature_sets
    ADD CONSTRAINT signature_sets_databases_excl EXCLUDE USING hash (databases WITH =);
ALTER TABLE ONLY lazaret.signature_sets
    ADD CONSTRAINT signature_sets_pkey PRIMARY KEY (number);
ALTER TABLE ONLY lazaret.unreadable_messages
    ADD CONSTRAINT unreadable_messages_pkey PRIMARY KEY (message_id);
CREATE INDEX audit_trail_by_job ON lazaret.audit_trail USING btree (job, number) WHERE (job IS NOT NULL);
CREATE INDEX chain_by_job ON lazaret.chain USING btree (job, kind, number) WHERE (job IS NOT NULL);
CREATE INDEX chain_by_number ON lazaret.chain USING btree (kind, number) WHERE (job IS NULL);
CREATE INDEX chain_gaps_by_end ON lazaret.chain_gaps USING btree (last);
CREATE INDEX false_positives_by_sha256 ON lazaret.false_positives USING btree (sha256, pipeline);
CREATE INDEX jobs_by_bucket ON lazaret.jobs USING btree (bucket, first_received_at, number);
CREATE INDEX jobs_by_disposition ON lazaret.jobs USING btree (disposition, first_received_at, number) WHERE (disposition IS NOT NULL);
CREATE INDEX jobs_by_etag ON lazaret.jobs USING btree (sha256(key), bucket, "left"(etag, 128), COALESCE(event_time, first_received_at), number) WHERE (version_id IS NULL);
CREATE INDEX jobs_by_key ON lazaret.jobs USING btree (key, first_received_at, number);
CREATE INDEX jobs_by_outcome ON lazaret.jobs USING btree (outcome, first_received_at, number);
CREATE INDEX jobs_by_pipeline ON lazaret.jobs USING btree (pipeline, first_received_at, number) WHERE (pipeline IS NOT NULL);
CREATE INDEX jobs_by_principal ON lazaret.jobs USING btree ("left"(principal, 256), first_received_at, number) WHERE (principal IS NOT NULL);
CREATE INDEX jobs_by_review ON lazaret.jobs USING btree (review, first_received_at, number) WHERE (review IS NOT NULL);
CREATE INDEX jobs_by_sequence ON lazaret.jobs USING btree (sha256((key || COALESCE(planned_key, '\x'::bytea))), bucket, COALESCE(planned_bucket, ''::text), length(ltrim(sequencer, '0'::text)), "left"(upper(ltrim(sequencer, '0'::text)), 64) COLLATE "C") WHERE ((verdict = 'clean'::text) AND ((outcome IS NULL) OR (disposition = 'promoted'::text)) AND (sequencer IS NOT NULL));
CREATE INDEX jobs_by_sha256 ON lazaret.jobs USING btree (sha256, first_received_at, number) WHERE (sha256 IS NOT NULL);
CREATE INDEX jobs_by_signatures ON lazaret.jobs USING btree (signature_set, first_received_at) WHERE (signature_set IS NOT NULL);
CREATE INDEX jobs_by_time ON lazaret.jobs USING btree (first_received_at, number);
CREATE INDEX jobs_by_upload ON lazaret.jobs USING btree (sha256((key || COALESCE(planned_key, '\x'::bytea))), bucket, COALESCE(planned_bucket, ''::text), (
CASE
    WHEN (sequencer IS NULL) THEN 1
    ELSE 0
END), COALESCE(event_time, first_received_at)) WHERE ((verdict = 'clean'::text) AND ((outcome IS NULL) OR (disposition = 'promoted'::text)));
CREATE INDEX jobs_by_verdict ON lazaret.jobs USING btree (verdict, first_received_at, number) WHERE (verdict IS NOT NULL);
CREATE INDEX jobs_by_version ON lazaret.jobs USING btree (sha256(key), bucket, "left"(version_id, 128), COALESCE(event_time, first_received_at), number) WHERE (version_id IS NOT NULL);
CREATE INDEX jobs_on_their_way ON lazaret.jobs USING btree (sha256((key || COALESCE(planned_key, '\x'::bytea))), claimed_until) WHERE ((verdict = 'clean'::text) AND (outcome IS NULL) AND (claimed_until IS NOT NULL));
CREATE INDEX jobs_stranded ON lazaret.jobs USING btree (first_received_at, number) WHERE (stranded_at IS NOT NULL);
CREATE INDEX jobs_with_reason ON lazaret.jobs USING btree (first_received_at, number) WHERE ((lists IS NOT NULL) OR (error IS NOT NULL));
CREATE INDEX notices_due ON lazaret.notices USING btree (destination, due_at, number) WHERE (sent_at IS NULL);
CREATE INDEX notices_of_job ON lazaret.notices USING btree (job, destination, number) WHERE (sent_at IS NULL);
CREATE INDEX notices_sent ON lazaret.notices USING btree (sent_at) WHERE (sent_at IS NOT NULL);
CREATE INDEX quota_uses_by_start ON lazaret.quota_uses USING btree (start);
CREATE INDEX review_notes_by_job ON lazaret.review_notes USING btree (job, number);
CREATE INDEX reviews_at_work ON lazaret.reviews USING btree (claimed_until) WHERE (work IS NOT NULL);
CREATE INDEX reviews_by_place ON lazaret.reviews USING btree (place_key, place_bucket) WHERE (place_key IS NOT NULL);
CREATE INDEX reviews_by_target ON lazaret.reviews USING btree (target_key, target_bucket) WHERE (target_key IS NOT NULL);
CREATE INDEX unreadable_messages_by_time ON lazaret.unreadable_messages USING btree (last_seen_at DESC, message_id);
CREATE TRIGGER audit_trail_is_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON lazaret.audit_trail FOR EACH STATEMENT EXECUTE FUNCTION lazaret.audit_trail_is_append_only();
ALTER TABLE ONLY lazaret.attempts
    ADD CONSTRAINT attempts_job_fkey FOREIGN KEY (job) REFERENCES lazaret.jobs(number) ON DELETE CASCADE;
ALTER TABLE ONLY lazaret.inspections
    ADD CONSTRAINT inspections_job_fkey FOREIGN KEY (job) REFERENCES lazaret.jobs(number) ON DELETE CASCADE;
ALTER TABLE ONLY lazaret.inspections
    ADD CONSTRAINT inspections_signature_set_fkey FOREIGN KEY (signature_set) REFERENCES lazaret.signature_sets(number);
ALTER TABLE ONLY lazaret.jobs
    ADD CONSTRAINT jobs_signature_set_fkey FOREIGN KEY (signature_set) REFERENCES lazaret.signature_sets(number);
ALTER TABLE ONLY lazaret.past_outcomes
    ADD CONSTRAINT past_outcomes_job_fkey FOREIGN KEY (job) REFERENCES lazaret.jobs(number) ON DELETE CASCADE;
ALTER TABLE ONLY lazaret.past_outcomes
    ADD CONSTRAINT past_outcomes_signature_set_fkey FOREIGN KEY (signature_set) REFERENCES lazaret.signature_sets(number);
ALTER TABLE ONLY lazaret.review_notes
    ADD CONSTRAINT review_notes_job_fkey FOREIGN KEY (job) REFERENCES lazaret.jobs(number) ON DELETE CASCADE;
ALTER TABLE ONLY lazaret.reviews
    ADD CONSTRAINT reviews_job_fkey FOREIGN KEY (job) REFERENCES lazaret.jobs(number) ON DELETE CASCADE;
