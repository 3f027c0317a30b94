-- +goose Up

-- Views of the queue that a person has given a name: the filter as it stands in the address.
CREATE TABLE saved_views (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    name       TEXT NOT NULL CHECK (name <> ''),
    query      TEXT NOT NULL CHECK (query <> ''),
    created_at TIMESTAMP NOT NULL,
    UNIQUE (user_id, name)
);

-- Who has a request on the screen. Rows are of use for a minute, and in no backup.
CREATE TABLE presence (
    request_id INTEGER NOT NULL REFERENCES requests (id),
    user_id    INTEGER NOT NULL REFERENCES users (id),
    seen_at    TIMESTAMP NOT NULL,
    PRIMARY KEY (request_id, user_id)
);
CREATE INDEX presence_seen ON presence (seen_at);

-- Lists and counts of what is open read what is open, however much is done.
CREATE INDEX requests_open_due ON requests (due_at, id) WHERE open;
CREATE INDEX requests_ags_open ON requests (ags, status, due_at, id) WHERE open;
CREATE INDEX requests_open_assignee ON requests (assignee_id, due_at, id) WHERE open AND assignee_id IS NOT NULL;
