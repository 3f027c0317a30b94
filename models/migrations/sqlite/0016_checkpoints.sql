-- +goose Up

-- Public keys of the installation's signature; the private halves are files that only the operator reads.
CREATE TABLE signing_keys (
    id         TEXT PRIMARY KEY CHECK (length(id) = 32),
    public     TEXT NOT NULL CHECK (length(public) = 64),
    created_at TIMESTAMP NOT NULL,
    retired_at TIMESTAMP NULL
);

-- Signed ends of all chains: a chain of their own, each with the hash of the one before.
CREATE TABLE checkpoints (
    number    INTEGER PRIMARY KEY CHECK (number > 0),
    at        TIMESTAMP NOT NULL,
    statement TEXT NOT NULL,
    signature TEXT NOT NULL,
    heads     TEXT NOT NULL
);

-- +goose StatementBegin
CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER checkpoints_no_replace BEFORE INSERT ON checkpoints WHEN EXISTS (SELECT 1 FROM checkpoints x WHERE x.number = NEW.number) BEGIN SELECT RAISE(ABORT, 'checkpoints is append-only'); END;
-- +goose StatementEnd

-- The security log is read by time, by code, by municipality.
CREATE INDEX security_events_minute ON security_events (minute, id);
CREATE INDEX security_events_ags ON security_events (ags, id);
