-- +goose Up

-- A request belongs to the municipality of its form; events and mails to that of what they are about.
ALTER TABLE forms ADD CONSTRAINT forms_of_town UNIQUE (id, ags);
DROP INDEX requests_ags;
ALTER TABLE requests ADD CONSTRAINT requests_ags UNIQUE (ags, id);
ALTER TABLE requests DROP CONSTRAINT requests_form_id_fkey,
    ADD CONSTRAINT requests_form_of_town FOREIGN KEY (form_id, ags) REFERENCES forms (id, ags);
ALTER TABLE events DROP CONSTRAINT events_form_id_fkey, DROP CONSTRAINT events_request_id_fkey,
    ADD CONSTRAINT events_form_of_town FOREIGN KEY (form_id, ags) REFERENCES forms (id, ags),
    ADD CONSTRAINT events_request_of_town FOREIGN KEY (ags, request_id) REFERENCES requests (ags, id);
ALTER TABLE mails DROP CONSTRAINT mails_request_id_fkey,
    ADD CONSTRAINT mails_request_of_town FOREIGN KEY (ags, request_id) REFERENCES requests (ags, id);
