-- +goose Up

-- Events about an account hold a hash over what decides who it is and how somebody comes in with it.
-- This goes into that hash: without it, once the person is forgotten, nobody can find out what it was made of.
ALTER TABLE users ADD COLUMN salt TEXT NOT NULL DEFAULT '';
