-- +goose Up

-- What waits, in the order of its numbers.
CREATE INDEX requests_waiting_id ON requests (id) WHERE waiting <> 0;
CREATE INDEX requests_ags_waiting_id ON requests (ags, id) WHERE waiting <> 0;

-- The newest of one municipality, for its people's searches.
CREATE INDEX search_ags ON search (ags, request_id);
