-- +goose Up

-- Another address that somebody else asks for counts only when the account's owner has agreed, or a while has passed
-- in which owner and administration could stop it. See ADR 22.
ALTER TABLE account_links ADD COLUMN asked_by BIGINT NULL REFERENCES users (id); -- who, if not the owner
ALTER TABLE account_links ADD COLUMN opens_at TIMESTAMPTZ NULL; -- not before; NULL: at once
ALTER TABLE account_link_secrets ADD COLUMN owners BOOLEAN NOT NULL DEFAULT FALSE; -- went to the address that counts now

-- Who gave the account its address without its owner's word: what that person filed, the account does not approve.
ALTER TABLE users ADD COLUMN address_by BIGINT NULL;

-- A form that waits while its sender shows elsewhere who they are.
CREATE TABLE parked_forms (
    id         TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    session_id TEXT NOT NULL,
    place      TEXT NOT NULL CHECK (place <> ''),
    form       TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX parked_forms_created ON parked_forms (created_at);
ALTER TABLE identity_attempts ADD COLUMN parked TEXT NOT NULL DEFAULT ''; -- the form that waits for it, "" = a sign-in
ALTER TABLE identity_attempts ADD COLUMN fresh BIGINT NOT NULL DEFAULT 0; -- since when the provider has to have asked who is there, Unix seconds; 0 = whenever
