-- +goose Up

-- What touches safety, with stable codes. It is kept for a while and then thrown
-- away, because it holds addresses; what counts for the record is in events.
-- What happens again within a minute raises the count: a flood fills no disk.
CREATE TABLE security_events (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    minute   TIMESTAMPTZ NOT NULL,
    code     TEXT NOT NULL CHECK (code <> ''),
    ags      TEXT NOT NULL DEFAULT '',
    user_id  BIGINT NOT NULL DEFAULT 0,
    token_id BIGINT NOT NULL DEFAULT 0,
    address  TEXT NOT NULL DEFAULT '',
    detail   TEXT NOT NULL DEFAULT '' CHECK (length(detail) <= 200),
    count    INTEGER NOT NULL DEFAULT 1 CHECK (count > 0),
    UNIQUE (minute, code, user_id, token_id, address, detail)
);
CREATE INDEX security_events_user ON security_events (user_id, id);
