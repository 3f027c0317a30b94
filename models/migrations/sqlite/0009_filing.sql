-- +goose Up

-- What somebody has typed into a page about a request and not saved yet. It is
-- thrown away when it is saved or submitted; protected values are never in it.
CREATE TABLE typed (
    request_id INTEGER NOT NULL REFERENCES requests (id),
    user_id    INTEGER NOT NULL REFERENCES users (id),
    page       TEXT NOT NULL CHECK (length(page) <= 20),
    version    INTEGER NOT NULL,
    content    TEXT NOT NULL CHECK (length(content) <= 400000),
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (request_id, user_id, page)
);
CREATE INDEX typed_updated ON typed (updated_at);
