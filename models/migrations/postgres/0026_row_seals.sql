-- +goose Up

-- What stands in no event is sealed with a key that is in no database. Rows that are there have no seal yet: the server gives them one when it starts.
ALTER TABLE mails ADD COLUMN seal TEXT NOT NULL DEFAULT '';

-- Lines of the security log are numbered without a gap from here on; where the numbers begin and end stands in one row. See ADR 25.
ALTER TABLE security_events ADD COLUMN nr BIGINT NOT NULL DEFAULT 0;
ALTER TABLE security_events ADD COLUMN seal TEXT NOT NULL DEFAULT '';
UPDATE security_events SET nr = x.nr FROM (SELECT id, row_number() OVER (ORDER BY id) AS nr FROM security_events) AS x WHERE x.id = security_events.id;
CREATE INDEX security_events_nr ON security_events (nr);
CREATE TABLE security_ends (
    id    INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    first BIGINT NOT NULL,
    last  BIGINT NOT NULL,
    seal  TEXT NOT NULL DEFAULT ''
);
INSERT INTO security_ends (first, last) SELECT 1, count(*) FROM security_events;

-- A browser that an account is known to.
ALTER TABLE devices ADD COLUMN seal TEXT NOT NULL DEFAULT '';
