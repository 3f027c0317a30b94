-- +goose Up

-- Who is signed in on the web. Only the hash of what the browser holds is kept.
CREATE TABLE sessions (
    hash       TEXT PRIMARY KEY CHECK (length(hash) = 64),
    user_id    BIGINT NOT NULL REFERENCES users (id),
    csrf       TEXT NOT NULL CHECK (length(csrf) >= 32),
    created_at TIMESTAMPTZ NOT NULL,
    seen_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_seen ON sessions (seen_at);
