-- +goose Up

-- The beginnings of words are words of the index of their own, so that a search for one walks from the newest request
-- and stops when the page is full, like any other. A word counts once for each request: where in it, nobody asks.
DROP TABLE search_terms;
DROP TABLE search;
CREATE VIRTUAL TABLE search USING fts5 (words, internal, content='', contentless_delete=1, tokenize='ascii', prefix='1 2 3 4 5 6 7 8', detail=column);
-- Words that are longer than these beginnings, to look up a longer one.
CREATE TABLE search_words (word TEXT PRIMARY KEY) WITHOUT ROWID;

-- The index is made from the records by the program, right after this: see models/searchindex.go.
INSERT INTO settings (name, value) VALUES ('search', 'to be made anew');

-- What waits, in the order of its numbers; with what decides for whom, so that a list reads only what it shows.
CREATE INDEX requests_waiting_id ON requests (id, waiting, author_id, assignee_id) WHERE waiting <> 0;
CREATE INDEX requests_ags_waiting_id ON requests (ags, id, waiting, author_id, assignee_id) WHERE waiting <> 0;
