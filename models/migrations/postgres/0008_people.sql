-- +goose Up

-- Accounts are changed on pages: each change names the version it was decided on.
ALTER TABLE users ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version > 0);
ALTER TABLE users ADD COLUMN signed_in_at TIMESTAMPTZ NULL;
CREATE INDEX users_ags_email ON users (ags, email);
