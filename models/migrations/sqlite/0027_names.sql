-- +goose Up

-- A request is found by whoever took part in it. The index holds a word for each person instead of names,
-- and whose names have which word stands here: see models/searchpeople.go. ags is empty for the provider's people.
CREATE TABLE name_words (
    ags     TEXT NOT NULL,
    word    TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (ags, word, user_id)
) WITHOUT ROWID;
CREATE INDEX name_words_word ON name_words (word, user_id);

-- The index is made from the records by the program, right after this: see models/searchindex.go.
INSERT INTO search (search) VALUES ('delete-all');
DELETE FROM search_words;
INSERT INTO settings (name, value) VALUES ('search', 'to be made anew') ON CONFLICT (name) DO NOTHING;
