-- +goose Up

-- Who follows the calendar in a programme of their own: one private link a person. Only the hash of what is in the link is kept.
CREATE TABLE calendar_links (
    user_id    BIGINT PRIMARY KEY REFERENCES users (id),
    hash       TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    created_at TIMESTAMPTZ NOT NULL
);

-- What the calendar and a form's page ask for. Few rows are in each: what is open, what goes back, what was applied before its deadline.
CREATE INDEX requests_form_open ON requests (form_id, due_at, id) WHERE open;
CREATE INDEX requests_return ON requests (return_at, id) WHERE return_at IS NOT NULL;
CREATE INDEX requests_ags_return ON requests (ags, return_at, id) WHERE return_at IS NOT NULL;
CREATE INDEX requests_applied ON requests (applied_at, id) WHERE applied_at IS NOT NULL AND kind = 'by';
CREATE INDEX requests_ags_applied ON requests (ags, applied_at, id) WHERE applied_at IS NOT NULL AND kind = 'by';
