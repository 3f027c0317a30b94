-- +goose Up

-- Who is signed in on the web. Only the hash of what the browser holds is kept,
-- and for a moment that of what it held before. Whoever is signed in now signs in again.
DROP TABLE sessions;
CREATE TABLE sessions (
    hash         TEXT PRIMARY KEY CHECK (length(hash) = 64),
    former       TEXT NOT NULL DEFAULT '',
    rotated_at   TIMESTAMP NOT NULL,
    id           TEXT NOT NULL UNIQUE CHECK (length(id) = 16),
    user_id      INTEGER NOT NULL REFERENCES users (id),
    csrf         TEXT NOT NULL CHECK (length(csrf) >= 32),
    method       TEXT NOT NULL CHECK (method <> ''),
    second       BOOLEAN NOT NULL,
    failures     INTEGER NOT NULL DEFAULT 0,
    browser      TEXT NOT NULL DEFAULT '' CHECK (length(browser) <= 40),
    system       TEXT NOT NULL DEFAULT '' CHECK (length(system) <= 40),
    address      TEXT NOT NULL DEFAULT '' CHECK (length(address) <= 64),
    confirmed_at TIMESTAMP NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    seen_at      TIMESTAMP NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_seen ON sessions (seen_at);
CREATE INDEX sessions_former ON sessions (former);

-- An app that shows codes which change every half minute. The secret is sealed
-- with a key of the installation; last_step is the half minute whose code was taken last.
CREATE TABLE totps (
    user_id      INTEGER PRIMARY KEY REFERENCES users (id),
    sealed       BLOB NOT NULL,
    last_step    BIGINT NOT NULL DEFAULT 0,
    created_at   TIMESTAMP NOT NULL,
    confirmed_at TIMESTAMP NULL
);

-- Passkeys and security keys. credential is what WebAuthn needs to check a signature: nothing secret.
CREATE TABLE passkeys (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id       INTEGER NOT NULL REFERENCES users (id),
    handle        TEXT NOT NULL CHECK (handle <> ''),
    credential_id TEXT NOT NULL UNIQUE CHECK (credential_id <> ''),
    credential    TEXT NOT NULL CHECK (credential <> ''),
    name          TEXT NOT NULL CHECK (name <> '' AND length(name) <= 80),
    created_at    TIMESTAMP NOT NULL,
    used_at       TIMESTAMP NULL
);
CREATE INDEX passkeys_user ON passkeys (user_id);

-- Codes for the day on which the other factors are lost.
CREATE TABLE recovery_codes (
    user_id INTEGER NOT NULL REFERENCES users (id),
    hash    TEXT NOT NULL CHECK (length(hash) = 64),
    used_at TIMESTAMP NULL,
    PRIMARY KEY (user_id, hash)
);

-- What a passkey has been asked to sign, for a few minutes and for one answer.
CREATE TABLE challenges (
    holder     TEXT PRIMARY KEY CHECK (length(holder) = 64),
    user_id    INTEGER NOT NULL DEFAULT 0,
    data       TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX challenges_created ON challenges (created_at);

-- Who must show a second factor when signing in; accounts of the demonstration need not.
CREATE TABLE factor_roles (role TEXT PRIMARY KEY CHECK (role <> ''));
INSERT INTO factor_roles (role) VALUES ('agent'), ('lead'), ('admin'), ('auditor');
