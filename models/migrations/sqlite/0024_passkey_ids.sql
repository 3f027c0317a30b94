-- +goose Up
-- PostgreSQL takes ids of passkeys from a backup from here on. SQLite always has.
SELECT 1;
