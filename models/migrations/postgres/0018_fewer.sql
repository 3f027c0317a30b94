-- +goose Up

-- Every step pays for each index that its request is in. What waits for a clerk alone (waiting = 1), as everything
-- that was applied does, is in no list of the provider's.
DROP INDEX requests_waiting;
CREATE INDEX requests_waiting ON requests (due_at, id) WHERE waiting > 1;
DROP INDEX requests_waiting_id;
CREATE INDEX requests_waiting_id ON requests (id) WHERE waiting > 1;
