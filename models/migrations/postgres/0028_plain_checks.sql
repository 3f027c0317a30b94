-- +goose Up
-- SQLite checks words without a table of its own from here on. PostgreSQL always has.
SELECT 1;
