-- +goose Up

-- What a role asks for beside the password: any second factor, or a passkey, which cannot be phished.
ALTER TABLE factor_roles ADD COLUMN kind TEXT NOT NULL DEFAULT 'any' CHECK (kind IN ('any', 'passkey'));

-- Whether a passkey was shown in a session, or a recovery code in its stead. Whoever is signed in now has shown none
-- that anybody remembers: a role that needs one asks for it.
ALTER TABLE sessions ADD COLUMN keyed BOOLEAN NOT NULL DEFAULT FALSE;
