extension PostgresMigration {
    /// The names of a job's findings and its error, a row each, from which rare ones are listed. Triggers keep them as
    /// `jobs` has them, also while a program of an earlier schema writes, and with the rights of the table's owner: a
    /// role that may write jobs needs no more. The reference to `jobs` locks that table against writers before its rows
    /// are read, until the triggers are there.
    ///
    /// A row of an index holds at most 2704 bytes, so the first 512 characters of a text stand for it. A finding's name
    /// is as the JSON text in `lists` has it: not every database can decode that. SQLite has no such table: it runs no
    /// JSON function in a trigger of a file that others may have written. The function is not called for a job without
    /// findings and errors, as most are: it takes longer than the update itself.
    static let reasons = PostgresMigration(
        version: 10,
        sql: #"""
            CREATE TABLE job_reasons (
                text text COLLATE "C" NOT NULL,
                job bigint NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
                PRIMARY KEY (text, job)
            );
            CREATE INDEX job_reasons_by_job ON job_reasons (job);
            CREATE FUNCTION reasons_of(lists text, error text) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
                SELECT left(found[1], 512)
                    FROM regexp_matches(lists, '"name":"((?:[^"\\]|\\.)*)"', 'g') AS found
                UNION SELECT left(error, 512) WHERE error IS NOT NULL
                $$;
            INSERT INTO job_reasons (text, job)
                SELECT reason, number FROM jobs, reasons_of(lists, error) AS reason
                WHERE substr(lists, 1, 26) <> '{"findings":[],"limits":[]' OR error IS NOT NULL;
            CREATE FUNCTION update_job_reasons() RETURNS trigger LANGUAGE plpgsql
                SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
                BEGIN
                    IF TG_OP = 'UPDATE' THEN DELETE FROM lazaret.job_reasons WHERE job = NEW.number; END IF;
                    INSERT INTO lazaret.job_reasons (text, job)
                        SELECT reason, NEW.number FROM lazaret.reasons_of(NEW.lists, NEW.error) AS reason;
                    RETURN NULL;
                END
                $$;
            CREATE TRIGGER job_reasons_of_new AFTER INSERT ON jobs FOR EACH ROW
                WHEN (substr(NEW.lists, 1, 26) <> '{"findings":[],"limits":[]' OR NEW.error IS NOT NULL)
                EXECUTE FUNCTION update_job_reasons();
            CREATE TRIGGER job_reasons_of_changed AFTER UPDATE OF lists, error ON jobs FOR EACH ROW
                WHEN ((NEW.lists IS DISTINCT FROM OLD.lists OR NEW.error IS DISTINCT FROM OLD.error)
                    AND (substr(NEW.lists, 1, 26) <> '{"findings":[],"limits":[]' OR NEW.error IS NOT NULL
                        OR substr(OLD.lists, 1, 26) <> '{"findings":[],"limits":[]' OR OLD.error IS NOT NULL))
                EXECUTE FUNCTION update_job_reasons();
            """#)
}
