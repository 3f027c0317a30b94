-- +goose Up

-- Links by mail: to accept an invitation, to set a forgotten password anew, to
-- confirm an address. Each counts once and ends by the database's clock.
CREATE TABLE account_links (
    id         TEXT PRIMARY KEY CHECK (length(id) = 32),
    user_id    INTEGER NOT NULL REFERENCES users (id),
    kind       TEXT NOT NULL CHECK (kind IN ('invitation', 'reset', 'address')),
    email      TEXT NOT NULL CHECK (email = lower(email)), -- where it was sent
    ags        TEXT NOT NULL,
    event_seq  INTEGER NOT NULL, -- what its letter reports
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL CHECK (expires_at > created_at),
    used_at    TIMESTAMP NULL,
    ended_at   TIMESTAMP NULL -- a newer one took its place, or another way was taken
);
CREATE INDEX account_links_user ON account_links (user_id, kind, created_at);
CREATE INDEX account_links_event ON account_links (ags, event_seq);
CREATE INDEX account_links_expires ON account_links (expires_at);

-- What opens them, as hashes: the secret is made when the letter is written and
-- stands only in it.
CREATE TABLE account_link_secrets (
    hash    TEXT PRIMARY KEY CHECK (length(hash) = 64),
    link_id TEXT NOT NULL REFERENCES account_links (id) ON DELETE CASCADE
);
CREATE INDEX account_link_secrets_link ON account_link_secrets (link_id);

-- Who has asked for a reset. It is answered beside the request, so that an
-- address without an account takes as long.
CREATE TABLE reset_asks (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    known BOOLEAN NOT NULL, -- from a browser that has signed in with it before
    at    TIMESTAMP NOT NULL
);

-- Browsers that have signed in with an account: they have a budget of tries of
-- their own, so that nobody locks the owner out.
CREATE TABLE devices (
    hash    TEXT NOT NULL CHECK (length(hash) = 64),
    user_id INTEGER NOT NULL REFERENCES users (id),
    seen_at TIMESTAMP NOT NULL,
    PRIMARY KEY (hash, user_id)
);
CREATE INDEX devices_user ON devices (user_id, seen_at);

-- Bad tries, counted in a bounded number of drawers: a flood fills no disk.
-- Which drawer is whose, nobody can tell without the salt.
CREATE TABLE attempts (
    drawer   INTEGER PRIMARY KEY,
    failures INTEGER NOT NULL CHECK (failures >= 0),
    since    TIMESTAMP NOT NULL,
    until    TIMESTAMP NOT NULL
);
CREATE INDEX attempts_since ON attempts (since);
CREATE TABLE attempt_salt (salt TEXT NOT NULL);
INSERT INTO attempt_salt (salt) VALUES (lower(hex(randomblob(32))));
