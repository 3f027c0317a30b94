-- +goose Up

-- Sessions and the secrets of links are sealed with a key that is in no database: a row that
-- somebody else puts in, or changes, opens nothing. Whoever is signed in now signs in again.
DELETE FROM sessions;
ALTER TABLE sessions ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE account_link_secrets ADD COLUMN seal TEXT NOT NULL DEFAULT '';
