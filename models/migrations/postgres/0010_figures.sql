-- +goose Up

-- The figures of a year: what was submitted in it, and how often was asked back.
CREATE INDEX requests_submitted ON requests (submitted_at) WHERE submitted_at IS NOT NULL;
CREATE INDEX events_asked ON events (request_id) WHERE action = 'ask';
