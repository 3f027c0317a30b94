-- +goose Up

-- A line of the security log is named by its number alone, which has no gaps. Lines with the number of another one, which nobody writes who may, stay findable.
UPDATE security_events e SET nr = -id WHERE EXISTS (SELECT 1 FROM security_events x WHERE x.nr = e.nr AND x.id < e.id);
ALTER TABLE security_events DROP COLUMN id, ALTER COLUMN nr DROP DEFAULT;
DROP INDEX security_events_nr;
ALTER TABLE security_events ADD PRIMARY KEY (nr);
CREATE INDEX security_events_user ON security_events (user_id, nr);
CREATE INDEX security_events_minute ON security_events (minute, nr);
CREATE INDEX security_events_ags ON security_events (ags, nr);

-- What is sealed is counted, too: how many rows a table has and the sum of what their seals say, in one row or several of which each writer takes one.
-- So that a row is missed that is gone, and known that is an older one put back. See ADR 29.
CREATE TABLE tallies (
    name  TEXT NOT NULL,
    part  INTEGER NOT NULL,
    total BIGINT NOT NULL DEFAULT 0,
    sum   TEXT NOT NULL DEFAULT '',
    turn  BIGINT NOT NULL DEFAULT 0,
    seal  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (name, part)
);
INSERT INTO tallies (name, part) SELECT n, p FROM unnest(ARRAY['typed', 'presence', 'saved_views', 'idempotency', 'parked_forms', 'challenges', 'identity_attempts', 'reset_asks', 'attempts', 'attempt_salt', 'sessions', 'tokens', 'attachments', 'approvals', 'retention_runs', 'totps', 'passkeys', 'identities', 'users', 'secrets', 'calendar_links', 'municipalities', 'settings', 'devices', 'account_links', 'account_link_secrets', 'security_events', 'mails']) AS n, generate_series(0, 7) AS p;

-- What a transaction has moved: the database itself notes it, and the program counts it before it commits. What stands here after that, somebody has
-- done past the program.
CREATE TABLE row_moves (
    id   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tx   BIGINT NOT NULL DEFAULT txid_current(),
    name TEXT NOT NULL,
    what TEXT NOT NULL,
    was  TEXT NULL,
    now  TEXT NULL
);
CREATE INDEX row_moves_tx ON row_moves (tx);
-- +goose StatementBegin
CREATE FUNCTION typed_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('typed', concat_ws(' ', coalesce(NEW.request_id, OLD.request_id), coalesce(NEW.user_id, OLD.user_id), coalesce(NEW.page, OLD.page)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER typed_moves AFTER INSERT OR UPDATE OR DELETE ON typed FOR EACH ROW EXECUTE FUNCTION typed_moved();
-- +goose StatementBegin
CREATE FUNCTION presence_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('presence', concat_ws(' ', coalesce(NEW.request_id, OLD.request_id), coalesce(NEW.user_id, OLD.user_id)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER presence_moves AFTER INSERT OR UPDATE OR DELETE ON presence FOR EACH ROW EXECUTE FUNCTION presence_moved();
-- +goose StatementBegin
CREATE FUNCTION saved_views_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('saved_views', concat_ws(' ', coalesce(NEW.id, OLD.id)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER saved_views_moves AFTER INSERT OR UPDATE OR DELETE ON saved_views FOR EACH ROW EXECUTE FUNCTION saved_views_moved();
-- +goose StatementBegin
CREATE FUNCTION idempotency_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('idempotency', concat_ws(' ', coalesce(NEW.user_id, OLD.user_id)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER idempotency_moves AFTER INSERT OR UPDATE OR DELETE ON idempotency FOR EACH ROW EXECUTE FUNCTION idempotency_moved();
-- +goose StatementBegin
CREATE FUNCTION parked_forms_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('parked_forms', concat_ws(' ', coalesce(NEW.id, OLD.id)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER parked_forms_moves AFTER INSERT OR UPDATE OR DELETE ON parked_forms FOR EACH ROW EXECUTE FUNCTION parked_forms_moved();
-- +goose StatementBegin
CREATE FUNCTION challenges_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('challenges', concat_ws(' ', coalesce(NEW.holder, OLD.holder)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER challenges_moves AFTER INSERT OR UPDATE OR DELETE ON challenges FOR EACH ROW EXECUTE FUNCTION challenges_moved();
-- +goose StatementBegin
CREATE FUNCTION identity_attempts_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('identity_attempts', concat_ws(' ', coalesce(NEW.state, OLD.state)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER identity_attempts_moves AFTER INSERT OR UPDATE OR DELETE ON identity_attempts FOR EACH ROW EXECUTE FUNCTION identity_attempts_moved();
-- +goose StatementBegin
CREATE FUNCTION reset_asks_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('reset_asks', concat_ws(' ', coalesce(NEW.id, OLD.id)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER reset_asks_moves AFTER INSERT OR UPDATE OR DELETE ON reset_asks FOR EACH ROW EXECUTE FUNCTION reset_asks_moved();
-- +goose StatementBegin
CREATE FUNCTION attempts_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('attempts', concat_ws(' ', coalesce(NEW.drawer, OLD.drawer)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER attempts_moves AFTER INSERT OR UPDATE OR DELETE ON attempts FOR EACH ROW EXECUTE FUNCTION attempts_moved();
-- +goose StatementBegin
CREATE FUNCTION attempt_salt_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('attempt_salt', '', OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER attempt_salt_moves AFTER INSERT OR UPDATE OR DELETE ON attempt_salt FOR EACH ROW EXECUTE FUNCTION attempt_salt_moved();
-- +goose StatementBegin
CREATE FUNCTION sessions_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal AND OLD.use_seal = NEW.use_seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('sessions', concat_ws(' ', coalesce(NEW.id, OLD.id)), OLD.seal || ' ' || OLD.use_seal, NEW.seal || ' ' || NEW.use_seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER sessions_moves AFTER INSERT OR UPDATE OR DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION sessions_moved();
-- +goose StatementBegin
CREATE FUNCTION tokens_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('tokens', concat_ws(' ', coalesce(NEW.id, OLD.id)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER tokens_moves AFTER INSERT OR UPDATE OR DELETE ON tokens FOR EACH ROW EXECUTE FUNCTION tokens_moved();
-- +goose StatementBegin
CREATE FUNCTION attachments_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('attachments', concat_ws(' ', coalesce(NEW.id, OLD.id)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER attachments_moves AFTER INSERT OR UPDATE OR DELETE ON attachments FOR EACH ROW EXECUTE FUNCTION attachments_moved();
-- +goose StatementBegin
CREATE FUNCTION approvals_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('approvals', concat_ws(' ', coalesce(NEW.id, OLD.id)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER approvals_moves AFTER INSERT OR UPDATE OR DELETE ON approvals FOR EACH ROW EXECUTE FUNCTION approvals_moved();
-- +goose StatementBegin
CREATE FUNCTION retention_runs_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('retention_runs', concat_ws(' ', coalesce(NEW.id, OLD.id)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER retention_runs_moves AFTER INSERT OR UPDATE OR DELETE ON retention_runs FOR EACH ROW EXECUTE FUNCTION retention_runs_moved();
-- +goose StatementBegin
CREATE FUNCTION totps_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('totps', concat_ws(' ', coalesce(NEW.user_id, OLD.user_id)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER totps_moves AFTER INSERT OR UPDATE OR DELETE ON totps FOR EACH ROW EXECUTE FUNCTION totps_moved();
-- +goose StatementBegin
CREATE FUNCTION passkeys_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('passkeys', concat_ws(' ', coalesce(NEW.id, OLD.id)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER passkeys_moves AFTER INSERT OR UPDATE OR DELETE ON passkeys FOR EACH ROW EXECUTE FUNCTION passkeys_moved();
-- +goose StatementBegin
CREATE FUNCTION identities_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('identities', concat_ws(' ', coalesce(NEW.user_id, OLD.user_id)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER identities_moves AFTER INSERT OR UPDATE OR DELETE ON identities FOR EACH ROW EXECUTE FUNCTION identities_moved();
-- +goose StatementBegin
CREATE FUNCTION users_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('users', concat_ws(' ', coalesce(NEW.id, OLD.id)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER users_moves AFTER INSERT OR UPDATE OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION users_moved();
-- +goose StatementBegin
CREATE FUNCTION secrets_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('secrets', concat_ws(' ', coalesce(NEW.ref, OLD.ref)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER secrets_moves AFTER INSERT OR UPDATE OR DELETE ON secrets FOR EACH ROW EXECUTE FUNCTION secrets_moved();
-- +goose StatementBegin
CREATE FUNCTION calendar_links_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('calendar_links', concat_ws(' ', coalesce(NEW.user_id, OLD.user_id)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER calendar_links_moves AFTER INSERT OR UPDATE OR DELETE ON calendar_links FOR EACH ROW EXECUTE FUNCTION calendar_links_moved();
-- +goose StatementBegin
CREATE FUNCTION municipalities_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('municipalities', concat_ws(' ', coalesce(NEW.ags, OLD.ags)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER municipalities_moves AFTER INSERT OR UPDATE OR DELETE ON municipalities FOR EACH ROW EXECUTE FUNCTION municipalities_moved();
-- +goose StatementBegin
CREATE FUNCTION settings_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('settings', concat_ws(' ', coalesce(NEW.name, OLD.name)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER settings_moves AFTER INSERT OR UPDATE OR DELETE ON settings FOR EACH ROW EXECUTE FUNCTION settings_moved();
-- +goose StatementBegin
CREATE FUNCTION devices_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('devices', concat_ws(' ', coalesce(NEW.user_id, OLD.user_id), coalesce(NEW.hash, OLD.hash)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER devices_moves AFTER INSERT OR UPDATE OR DELETE ON devices FOR EACH ROW EXECUTE FUNCTION devices_moved();
-- +goose StatementBegin
CREATE FUNCTION account_links_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.id = NEW.id THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('account_links', concat_ws(' ', coalesce(NEW.id, OLD.id)), OLD.id, NEW.id);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER account_links_moves AFTER INSERT OR UPDATE OR DELETE ON account_links FOR EACH ROW EXECUTE FUNCTION account_links_moved();
-- +goose StatementBegin
CREATE FUNCTION account_link_secrets_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('account_link_secrets', concat_ws(' ', coalesce(NEW.link_id, OLD.link_id), coalesce(NEW.hash, OLD.hash)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER account_link_secrets_moves AFTER INSERT OR UPDATE OR DELETE ON account_link_secrets FOR EACH ROW EXECUTE FUNCTION account_link_secrets_moved();
-- +goose StatementBegin
CREATE FUNCTION security_events_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = NEW.seal THEN
        RETURN NULL;
    END IF;
    INSERT INTO row_moves (name, what, was, now) VALUES ('security_events', concat_ws(' ', coalesce(NEW.nr, OLD.nr)), OLD.seal, NEW.seal);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER security_events_moves AFTER INSERT OR UPDATE OR DELETE ON security_events FOR EACH ROW EXECUTE FUNCTION security_events_moved();

-- The server counts what is there when it starts.
INSERT INTO settings (name, value) SELECT 'seals.wanted', 'yes' WHERE EXISTS (SELECT 1 FROM municipalities) ON CONFLICT (name) DO NOTHING;
