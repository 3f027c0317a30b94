-- +goose Up

-- What stands in no event, and had no seal either, is sealed: rows that last for moments or belong to one person, and cells such as a last use.
-- See ADR 25.
ALTER TABLE chains ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE typed ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE presence ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE saved_views ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE idempotency ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE parked_forms ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE challenges ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE identity_attempts ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE reset_asks ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE attempt_salt ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE totps ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE passkeys ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE identities ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE attachments ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE approvals ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE retention_runs ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE secrets ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE calendar_links ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE municipalities ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE settings ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN use_seal TEXT NOT NULL DEFAULT '';

-- Rows that are there have none yet: the server gives them one when it starts.
INSERT INTO settings (name, value) SELECT 'seals.wanted', 'yes' WHERE EXISTS (SELECT 1 FROM municipalities) ON CONFLICT (name) DO NOTHING;
