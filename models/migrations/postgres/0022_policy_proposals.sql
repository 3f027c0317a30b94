-- +goose Up

-- A policy that waits for a second person of the municipality to agree, while it does: one row a
-- municipality. event_seq is the event by which it was proposed; a proposal is known by that number. See ADR 23.
CREATE TABLE policy_proposals (
    ags         TEXT NOT NULL PRIMARY KEY REFERENCES municipalities (ags),
    policy      TEXT NOT NULL,
    proposed_by BIGINT NOT NULL REFERENCES users (id),
    proposed_at TIMESTAMPTZ NOT NULL,
    event_seq   BIGINT NOT NULL
);

CREATE POLICY tenant ON policy_proposals USING (shows(ags));
ALTER TABLE policy_proposals ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
