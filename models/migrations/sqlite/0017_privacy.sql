-- +goose Up

-- What a person typed can be taken out of the record and leave it whole: an event's hash covers not the words but a
-- salted digest of them. salt is the salt; once the words are gone it is "=" and the digest. See ADR 20.
ALTER TABLE events ADD COLUMN salt TEXT NOT NULL DEFAULT '';

DROP TRIGGER events_no_update;
-- +goose StatementBegin
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
WHEN NOT (OLD.comment <> '' AND length(OLD.salt) = 32 AND NEW.comment = '' AND NEW.salt GLOB '=*' AND length(NEW.salt) = 65
    AND NEW.ags = OLD.ags AND NEW.seq = OLD.seq AND NEW.request_id IS OLD.request_id AND NEW.form_id IS OLD.form_id AND NEW.at = OLD.at
    AND NEW.actor_id IS OLD.actor_id AND NEW.action = OLD.action AND NEW.from_state = OLD.from_state AND NEW.to_state = OLD.to_state
    AND NEW.version = OLD.version AND NEW.internal = OLD.internal AND NEW.data = OLD.data AND NEW.prev = OLD.prev AND NEW.hash = OLD.hash)
BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
-- +goose StatementEnd

-- When what people typed into a request was deleted.
ALTER TABLE requests ADD COLUMN emptied_at TIMESTAMP NULL;

-- When an account was switched off, and when the person was forgotten.
ALTER TABLE users ADD COLUMN off_at TIMESTAMP NULL;
ALTER TABLE users ADD COLUMN forgotten_at TIMESTAMP NULL;

-- What was deleted because its time was over: a report in JSON for each run that found something.
CREATE TABLE retention_runs (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     TIMESTAMP NOT NULL,
    report TEXT NOT NULL
);
