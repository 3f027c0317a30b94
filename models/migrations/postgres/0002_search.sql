-- +goose Up

-- What waits, in the order of its numbers.
CREATE INDEX requests_waiting_id ON requests (id) WHERE waiting <> 0;
CREATE INDEX requests_ags_waiting_id ON requests (ags, id) WHERE waiting <> 0;

-- The newest of one municipality, for its people's searches.
CREATE INDEX search_ags ON search (ags, request_id);
-- Requests with ids beside each other share a word, so that a search in the newest need not gather the older: see models/searchpostgres.go.
UPDATE search SET words = words || array_to_tsvector(ARRAY['#' || request_id / 32768]), everything = everything || array_to_tsvector(ARRAY['#' || request_id / 32768]);

-- A search finds little and is over before other processes would have begun to help.
ALTER TABLE search SET (parallel_workers = 0);
