-- +goose Up

-- A request is found by whoever took part in it. The index holds a word for each person instead of names,
-- and whose names have which word stands here: see models/searchpeople.go. ags is empty for the provider's people.
CREATE TABLE name_words (
    ags     TEXT NOT NULL,
    word    TEXT NOT NULL COLLATE "C",
    user_id BIGINT NOT NULL REFERENCES users (id),
    PRIMARY KEY (ags, word, user_id)
);
CREATE INDEX name_words_word ON name_words (word, user_id);

-- The index is made from the records by the program, right after this: see models/searchindex.go.
TRUNCATE search;
INSERT INTO settings (name, value) VALUES ('search', 'to be made anew') ON CONFLICT (name) DO NOTHING;
