-- +goose Up

-- Public keys of the installation's signature; the private halves are files that only the operator reads.
CREATE TABLE signing_keys (
    id         TEXT PRIMARY KEY CHECK (length(id) = 32),
    public     TEXT NOT NULL CHECK (length(public) = 64),
    created_at TIMESTAMPTZ NOT NULL,
    retired_at TIMESTAMPTZ NULL
);

-- Signed ends of all chains: a chain of their own, each with the hash of the one before.
CREATE TABLE checkpoints (
    number    BIGINT PRIMARY KEY CHECK (number > 0),
    at        TIMESTAMPTZ NOT NULL,
    statement TEXT NOT NULL,
    signature TEXT NOT NULL,
    heads     TEXT NOT NULL
);
CREATE TRIGGER checkpoints_append_only BEFORE UPDATE OR DELETE ON checkpoints FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER checkpoints_no_truncate BEFORE TRUNCATE ON checkpoints FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- The security log is read by time, by code, by municipality.
CREATE INDEX security_events_minute ON security_events (minute, id);
CREATE INDEX security_events_ags ON security_events (ags, id);
