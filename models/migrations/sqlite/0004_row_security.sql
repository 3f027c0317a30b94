-- +goose Up
-- PostgreSQL guards each municipality's rows by itself from here on. SQLite has
-- no such thing: there the conditions of the queries stand alone.
SELECT 1;
