-- +goose Up

-- What a token is good for: "all" is the operator's, which carries everything the
-- person may; one made on the web names its scopes and can never be "all" among others.
ALTER TABLE tokens ADD COLUMN scopes TEXT NOT NULL DEFAULT 'all' CHECK (scopes <> '');
ALTER TABLE tokens ADD COLUMN tail TEXT NOT NULL DEFAULT '' CHECK (length(tail) <= 4); -- its end, to know it again by
ALTER TABLE tokens ADD COLUMN used_at TIMESTAMP NULL;

-- What a municipality lets the provider do for it, while it does: one row a kind.
-- seq is the event by which it was granted; a grant is known by that number.
CREATE TABLE access_grants (
    ags        TEXT NOT NULL REFERENCES municipalities (ags),
    kind       TEXT NOT NULL CHECK (kind IN ('profile', 'maintenance')),
    seq        INTEGER NOT NULL,
    reason     TEXT NOT NULL DEFAULT '',
    granted_by INTEGER NOT NULL REFERENCES users (id),
    granted_at TIMESTAMP NOT NULL,
    ends_at    TIMESTAMP NULL,
    PRIMARY KEY (ags, kind)
);

-- What the provider has done under a grant: numbers of events in the municipality's chain.
CREATE TABLE access_uses (
    ags TEXT NOT NULL REFERENCES municipalities (ags),
    seq INTEGER NOT NULL,
    PRIMARY KEY (ags, seq)
);

