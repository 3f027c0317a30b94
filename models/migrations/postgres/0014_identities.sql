-- +goose Up

-- Who somebody is elsewhere: one account of an OpenID provider, one account here.
CREATE TABLE identities (
    issuer     TEXT NOT NULL CHECK (issuer <> ''),
    subject    TEXT NOT NULL CHECK (subject <> '' AND length(subject) <= 255),
    user_id    BIGINT NOT NULL REFERENCES users (id),
    provider   TEXT NOT NULL, -- its key in the settings when they were linked
    created_at TIMESTAMPTZ NOT NULL,
    used_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (issuer, user_id)
);
CREATE INDEX identities_user ON identities (user_id);

-- A sign-in that has begun and not come back yet. Each is used once, or thrown away.
CREATE TABLE identity_attempts (
    state      TEXT NOT NULL PRIMARY KEY, -- hash
    browser    TEXT NOT NULL,             -- hash of what the browser that began it holds
    provider   TEXT NOT NULL,
    nonce      TEXT NOT NULL,
    verifier   TEXT NOT NULL,
    next       TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX identity_attempts_created ON identity_attempts (created_at);
