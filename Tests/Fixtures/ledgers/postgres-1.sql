-- A ledger of schema version 1, by pg_dump. It is never to be changed.
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
    reopened_at bigint NOT NULL
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
INSERT INTO lazaret.audit_trail OVERRIDING SYSTEM VALUE VALUES (1, 1795248000000, 'mara', 'release', 's3://media/permanent/1.png', '00000000000000000000000000000001', 'ticket 7');
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (1, '00000000000000000000000000000001', 'incoming', '\x75706c6f6164732f312e706e67', 'v1', 'e1', 10, '001', 'ObjectCreated:Put', 1795247940000, 'uploads', 1795248060000, 'alpha', NULL, NULL, 1, 'clean', NULL, 10, 'abababababababababababababababababababababababababababababababab', 'image/png', 'image/png', 'ClamAV 1.4.6', 'demo 3', 4, 'settled', 'promoted', 'media', '\x7065726d616e656e742f312e706e67', 'w1', 1795248060000, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (2, '00000000000000000000000000000002', 'incoming', '\x75706c6f6164732f322e706e67', 'v2', 'e2', 20, '002', 'ObjectCreated:Put', 1795247940000, 'uploads', 1795248120000, 'alpha', NULL, NULL, 1, 'infected', '{"findings":[{"kind":"signature","name":"Eicar-Test-Signature"}],"limits":[]}', 68, 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', NULL, 'text/plain', 'ClamAV 1.4.6', 'demo 3', 5, NULL, NULL, NULL, NULL, NULL, NULL, 'S3 answered 503', NULL, NULL, NULL, NULL, NULL);
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (3, '00000000000000000000000000000003', 'incoming', '\x75706c6f6164732f332e706e67', 'v3', 'e3', 30, '003', 'ObjectCreated:Put', 1795247940000, NULL, 1795248180000, 'alpha', NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'failed', NULL, NULL, NULL, NULL, 1795248180000, 'denied', NULL, NULL, NULL, NULL, NULL);
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (4, '00000000000000000000000000000004', 'incoming', '\x75706c6f6164732f342e706e67', 'v4', 'e4', 40, '004', 'ObjectCreated:Put', 1795247940000, 'uploads', 1795248240000, 'alpha', NULL, NULL, 1, 'infected', '{"findings":[{"kind":"signature","name":"Eicar-Test-Signature"}],"limits":[]}', 68, 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', NULL, 'text/plain', 'ClamAV 1.4.6', 'demo 3', 5, 'settled', 'quarantined', 'quarantine', '\x696e6665637465642f34', 'q4', 1795248300000, NULL, 'members', 3, 2, 1, 1);
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (5, '00000000000000000000000000000005', 'incoming', '\x75706c6f6164732f352e706e67', 'v5', 'e5', 50, '005', 'ObjectCreated:Put', 1795247940000, 'uploads', 1795248300000, 'alpha', NULL, NULL, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO lazaret.jobs OVERRIDING SYSTEM VALUE VALUES (6, '00000000000000000000000000000006', 'incoming', '\x75706c6f6164732f362e706e67', 'v6', 'e6', 60, '006', 'ObjectCreated:Put', 1795247940000, 'uploads', 1795248360000, 'alpha', NULL, 1795248361000, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'dead-lettered', NULL, NULL, NULL, NULL, NULL);
INSERT INTO lazaret.past_outcomes VALUES (5, 1, 'clean', NULL, 10, NULL, NULL, NULL, NULL, NULL, NULL, 'settled', 'kept', NULL, NULL, NULL, 1795248301000, NULL, NULL, NULL, NULL, NULL, NULL, 1795248302000);
INSERT INTO lazaret.schema_version VALUES (true, 1);
INSERT INTO lazaret.signature_sets OVERRIDING SYSTEM VALUE VALUES (1, '{"databases":[{"name":"daily.cld","version":27000,"built":1795244400000},{"name":"rules.yar","built":1795244400000}]}');
INSERT INTO lazaret.unreadable_messages VALUES ('message-1', 'not JSON', 'hello', 2, 1795248000000, 1795248000000);
SELECT pg_catalog.setval('lazaret.audit_trail_number_seq', 1, true);
SELECT pg_catalog.setval('lazaret.jobs_number_seq', 6, true);
SELECT pg_catalog.setval('lazaret.signature_sets_number_seq', 1, true);
ALTER TABLE ONLY lazaret.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (job, number);
ALTER TABLE ONLY lazaret.audit_trail
    ADD CONSTRAINT audit_trail_pkey PRIMARY KEY (number);
ALTER TABLE ONLY lazaret.jobs
    ADD CONSTRAINT jobs_id_key UNIQUE (id);
ALTER TABLE ONLY lazaret.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (number);
ALTER TABLE ONLY lazaret.past_outcomes
    ADD CONSTRAINT past_outcomes_pkey PRIMARY KEY (job, attempts);
ALTER TABLE ONLY lazaret.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (is_only);
ALTER TABLE ONLY lazaret.signature_sets
    ADD CONSTRAINT signature_sets_databases_excl EXCLUDE USING hash (databases WITH =);
ALTER TABLE ONLY lazaret.signature_sets
    ADD CONSTRAINT signature_sets_pkey PRIMARY KEY (number);
ALTER TABLE ONLY lazaret.unreadable_messages
    ADD CONSTRAINT unreadable_messages_pkey PRIMARY KEY (message_id);
CREATE INDEX audit_trail_by_job ON lazaret.audit_trail USING btree (job, number) WHERE (job IS NOT NULL);
CREATE INDEX jobs_by_bucket ON lazaret.jobs USING btree (bucket, first_received_at, number);
CREATE INDEX jobs_by_disposition ON lazaret.jobs USING btree (disposition, first_received_at, number) WHERE (disposition IS NOT NULL);
CREATE INDEX jobs_by_key ON lazaret.jobs USING btree (key, first_received_at, number);
CREATE INDEX jobs_by_outcome ON lazaret.jobs USING btree (outcome, first_received_at, number);
CREATE INDEX jobs_by_pipeline ON lazaret.jobs USING btree (pipeline, first_received_at, number) WHERE (pipeline IS NOT NULL);
CREATE INDEX jobs_by_signatures ON lazaret.jobs USING btree (signature_set, first_received_at) WHERE (signature_set IS NOT NULL);
CREATE INDEX jobs_by_time ON lazaret.jobs USING btree (first_received_at, number);
CREATE INDEX jobs_by_verdict ON lazaret.jobs USING btree (verdict, first_received_at, number) WHERE (verdict IS NOT NULL);
CREATE INDEX jobs_stranded ON lazaret.jobs USING btree (first_received_at, number) WHERE (stranded_at IS NOT NULL);
CREATE INDEX jobs_with_reason ON lazaret.jobs USING btree (first_received_at, number) WHERE ((lists IS NOT NULL) OR (error IS NOT NULL));
CREATE INDEX unreadable_messages_by_time ON lazaret.unreadable_messages USING btree (last_seen_at DESC, message_id);
CREATE TRIGGER audit_trail_is_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON lazaret.audit_trail FOR EACH STATEMENT EXECUTE FUNCTION lazaret.audit_trail_is_append_only();
ALTER TABLE ONLY lazaret.attempts
    ADD CONSTRAINT attempts_job_fkey FOREIGN KEY (job) REFERENCES lazaret.jobs(number) ON DELETE CASCADE;
ALTER TABLE ONLY lazaret.jobs
    ADD CONSTRAINT jobs_signature_set_fkey FOREIGN KEY (signature_set) REFERENCES lazaret.signature_sets(number);
ALTER TABLE ONLY lazaret.past_outcomes
    ADD CONSTRAINT past_outcomes_job_fkey FOREIGN KEY (job) REFERENCES lazaret.jobs(number) ON DELETE CASCADE;
ALTER TABLE ONLY lazaret.past_outcomes
    ADD CONSTRAINT past_outcomes_signature_set_fkey FOREIGN KEY (signature_set) REFERENCES lazaret.signature_sets(number);
