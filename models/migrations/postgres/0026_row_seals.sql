-- +goose Up

-- What stands in no event is sealed with a key that is in no database. Rows that are there have no seal yet: the server gives them one when it starts.
ALTER TABLE mails ADD COLUMN seal TEXT NOT NULL DEFAULT '';
