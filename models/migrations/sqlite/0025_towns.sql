-- +goose Up

-- A request belongs to the municipality of its form; events and mails to that of what they are about.
-- Triggers say so: a key of two columns would mean to write these tables anew.
-- +goose StatementBegin
CREATE TRIGGER requests_form_of_town BEFORE INSERT ON requests
WHEN (SELECT ags FROM forms WHERE id = NEW.form_id) <> NEW.ags
BEGIN SELECT RAISE(ABORT, 'a request belongs to the municipality of its form'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER requests_stay_in_town BEFORE UPDATE OF ags, form_id ON requests
WHEN (SELECT ags FROM forms WHERE id = NEW.form_id) <> NEW.ags
BEGIN SELECT RAISE(ABORT, 'a request belongs to the municipality of its form'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER forms_stay_in_town BEFORE UPDATE OF ags ON forms
WHEN OLD.ags <> NEW.ags
BEGIN SELECT RAISE(ABORT, 'a form belongs to its municipality'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_of_town BEFORE INSERT ON events
WHEN (SELECT ags FROM requests WHERE id = NEW.request_id) <> NEW.ags OR (SELECT ags FROM forms WHERE id = NEW.form_id) <> NEW.ags
BEGIN SELECT RAISE(ABORT, 'an event belongs to the municipality of what it is about'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER mails_of_town BEFORE INSERT ON mails
WHEN (SELECT ags FROM requests WHERE id = NEW.request_id) <> NEW.ags
BEGIN SELECT RAISE(ABORT, 'a mail belongs to the municipality of what it is about'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER mails_stay_in_town BEFORE UPDATE OF ags, request_id ON mails
WHEN (SELECT ags FROM requests WHERE id = NEW.request_id) <> NEW.ags
BEGIN SELECT RAISE(ABORT, 'a mail belongs to the municipality of what it is about'); END;
-- +goose StatementEnd
