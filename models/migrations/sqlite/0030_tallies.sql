-- +goose Up

-- A line of the security log is named by its number alone, which has no gaps. Lines with the number of another one, which nobody writes who may, stay findable.
CREATE TABLE security_lines (
    nr       INTEGER PRIMARY KEY,
    minute   TIMESTAMP NOT NULL,
    code     TEXT NOT NULL CHECK (code <> ''),
    ags      TEXT NOT NULL DEFAULT '',
    user_id  INTEGER NOT NULL DEFAULT 0,
    token_id INTEGER NOT NULL DEFAULT 0,
    address  TEXT NOT NULL DEFAULT '',
    detail   TEXT NOT NULL DEFAULT '' CHECK (length(detail) <= 200),
    count    INTEGER NOT NULL DEFAULT 1 CHECK (count > 0),
    seal     TEXT NOT NULL DEFAULT '',
    UNIQUE (minute, code, user_id, token_id, address, detail)
);
INSERT INTO security_lines (nr, minute, code, ags, user_id, token_id, address, detail, count, seal)
    SELECT CASE WHEN id = (SELECT min(x.id) FROM security_events x WHERE x.nr = e.nr) THEN nr ELSE -id END, minute, code, ags, user_id, token_id, address, detail, count, seal FROM security_events e;
DROP TABLE security_events;
ALTER TABLE security_lines RENAME TO security_events;
CREATE INDEX security_events_user ON security_events (user_id, nr);
CREATE INDEX security_events_minute ON security_events (minute, nr);
CREATE INDEX security_events_ags ON security_events (ags, nr);

-- What is sealed is counted, too: how many rows a table has and the sum of what their seals say, in one row or several of which each writer takes one.
-- So that a row is missed that is gone, and known that is an older one put back. See ADR 29.
CREATE TABLE tallies (
    name  TEXT NOT NULL,
    part  INTEGER NOT NULL,
    total INTEGER NOT NULL DEFAULT 0,
    sum   TEXT NOT NULL DEFAULT '',
    turn  INTEGER NOT NULL DEFAULT 0,
    seal  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (name, part)
);
INSERT INTO tallies (name, part) VALUES ('typed', 0), ('presence', 0), ('saved_views', 0), ('idempotency', 0), ('parked_forms', 0), ('challenges', 0), ('identity_attempts', 0), ('reset_asks', 0), ('attempts', 0), ('attempt_salt', 0), ('sessions', 0), ('tokens', 0), ('attachments', 0), ('approvals', 0), ('retention_runs', 0), ('totps', 0), ('passkeys', 0), ('identities', 0), ('users', 0), ('secrets', 0), ('calendar_links', 0), ('municipalities', 0), ('settings', 0), ('devices', 0), ('account_links', 0), ('account_link_secrets', 0), ('security_events', 0), ('mails', 0);

-- What a transaction has moved: the database itself notes it, and the program counts it before it commits. What stands here after that, somebody has
-- done past the program.
CREATE TABLE row_moves (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    what TEXT NOT NULL,
    was  TEXT NULL,
    now  TEXT NULL
);
-- +goose StatementBegin
CREATE TRIGGER typed_in AFTER INSERT ON typed BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('typed', NEW.request_id || ' ' || NEW.user_id || ' ' || NEW.page, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER typed_out AFTER DELETE ON typed BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('typed', OLD.request_id || ' ' || OLD.user_id || ' ' || OLD.page, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER typed_changed AFTER UPDATE ON typed WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('typed', NEW.request_id || ' ' || NEW.user_id || ' ' || NEW.page, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER presence_in AFTER INSERT ON presence BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('presence', NEW.request_id || ' ' || NEW.user_id, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER presence_out AFTER DELETE ON presence BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('presence', OLD.request_id || ' ' || OLD.user_id, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER presence_changed AFTER UPDATE ON presence WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('presence', NEW.request_id || ' ' || NEW.user_id, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER saved_views_in AFTER INSERT ON saved_views BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('saved_views', NEW.id, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER saved_views_out AFTER DELETE ON saved_views BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('saved_views', OLD.id, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER saved_views_changed AFTER UPDATE ON saved_views WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('saved_views', NEW.id, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER idempotency_in AFTER INSERT ON idempotency BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('idempotency', NEW.user_id, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER idempotency_out AFTER DELETE ON idempotency BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('idempotency', OLD.user_id, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER idempotency_changed AFTER UPDATE ON idempotency WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('idempotency', NEW.user_id, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER parked_forms_in AFTER INSERT ON parked_forms BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('parked_forms', NEW.id, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER parked_forms_out AFTER DELETE ON parked_forms BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('parked_forms', OLD.id, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER parked_forms_changed AFTER UPDATE ON parked_forms WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('parked_forms', NEW.id, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER challenges_in AFTER INSERT ON challenges BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('challenges', NEW.holder, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER challenges_out AFTER DELETE ON challenges BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('challenges', OLD.holder, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER challenges_changed AFTER UPDATE ON challenges WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('challenges', NEW.holder, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER identity_attempts_in AFTER INSERT ON identity_attempts BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('identity_attempts', NEW.state, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER identity_attempts_out AFTER DELETE ON identity_attempts BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('identity_attempts', OLD.state, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER identity_attempts_changed AFTER UPDATE ON identity_attempts WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('identity_attempts', NEW.state, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER reset_asks_in AFTER INSERT ON reset_asks BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('reset_asks', NEW.id, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER reset_asks_out AFTER DELETE ON reset_asks BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('reset_asks', OLD.id, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER reset_asks_changed AFTER UPDATE ON reset_asks WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('reset_asks', NEW.id, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER attempts_in AFTER INSERT ON attempts BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('attempts', NEW.drawer, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER attempts_out AFTER DELETE ON attempts BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('attempts', OLD.drawer, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER attempts_changed AFTER UPDATE ON attempts WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('attempts', NEW.drawer, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER attempt_salt_in AFTER INSERT ON attempt_salt BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('attempt_salt', '', NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER attempt_salt_out AFTER DELETE ON attempt_salt BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('attempt_salt', '', OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER attempt_salt_changed AFTER UPDATE ON attempt_salt WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('attempt_salt', '', OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER sessions_in AFTER INSERT ON sessions BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('sessions', NEW.id, NULL, NEW.seal || ' ' || NEW.use_seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER sessions_out AFTER DELETE ON sessions BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('sessions', OLD.id, OLD.seal || ' ' || OLD.use_seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER sessions_changed AFTER UPDATE ON sessions WHEN OLD.seal <> NEW.seal OR OLD.use_seal <> NEW.use_seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('sessions', NEW.id, OLD.seal || ' ' || OLD.use_seal, NEW.seal || ' ' || NEW.use_seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tokens_in AFTER INSERT ON tokens BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('tokens', NEW.id, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tokens_out AFTER DELETE ON tokens BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('tokens', OLD.id, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tokens_changed AFTER UPDATE ON tokens WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('tokens', NEW.id, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER attachments_in AFTER INSERT ON attachments BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('attachments', NEW.id, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER attachments_out AFTER DELETE ON attachments BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('attachments', OLD.id, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER attachments_changed AFTER UPDATE ON attachments WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('attachments', NEW.id, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER approvals_in AFTER INSERT ON approvals BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('approvals', NEW.id, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER approvals_out AFTER DELETE ON approvals BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('approvals', OLD.id, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER approvals_changed AFTER UPDATE ON approvals WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('approvals', NEW.id, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER retention_runs_in AFTER INSERT ON retention_runs BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('retention_runs', NEW.id, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER retention_runs_out AFTER DELETE ON retention_runs BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('retention_runs', OLD.id, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER retention_runs_changed AFTER UPDATE ON retention_runs WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('retention_runs', NEW.id, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER totps_in AFTER INSERT ON totps BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('totps', NEW.user_id, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER totps_out AFTER DELETE ON totps BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('totps', OLD.user_id, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER totps_changed AFTER UPDATE ON totps WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('totps', NEW.user_id, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER passkeys_in AFTER INSERT ON passkeys BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('passkeys', NEW.id, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER passkeys_out AFTER DELETE ON passkeys BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('passkeys', OLD.id, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER passkeys_changed AFTER UPDATE ON passkeys WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('passkeys', NEW.id, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER identities_in AFTER INSERT ON identities BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('identities', NEW.user_id, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER identities_out AFTER DELETE ON identities BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('identities', OLD.user_id, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER identities_changed AFTER UPDATE ON identities WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('identities', NEW.user_id, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_in AFTER INSERT ON users BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('users', NEW.id, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_out AFTER DELETE ON users BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('users', OLD.id, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_changed AFTER UPDATE ON users WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('users', NEW.id, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER secrets_in AFTER INSERT ON secrets BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('secrets', NEW.ref, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER secrets_out AFTER DELETE ON secrets BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('secrets', OLD.ref, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER secrets_changed AFTER UPDATE ON secrets WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('secrets', NEW.ref, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER calendar_links_in AFTER INSERT ON calendar_links BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('calendar_links', NEW.user_id, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER calendar_links_out AFTER DELETE ON calendar_links BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('calendar_links', OLD.user_id, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER calendar_links_changed AFTER UPDATE ON calendar_links WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('calendar_links', NEW.user_id, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER municipalities_in AFTER INSERT ON municipalities BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('municipalities', NEW.ags, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER municipalities_out AFTER DELETE ON municipalities BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('municipalities', OLD.ags, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER municipalities_changed AFTER UPDATE ON municipalities WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('municipalities', NEW.ags, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER settings_in AFTER INSERT ON settings BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('settings', NEW.name, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER settings_out AFTER DELETE ON settings BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('settings', OLD.name, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER settings_changed AFTER UPDATE ON settings WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('settings', NEW.name, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER devices_in AFTER INSERT ON devices BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('devices', NEW.user_id || ' ' || NEW.hash, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER devices_out AFTER DELETE ON devices BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('devices', OLD.user_id || ' ' || OLD.hash, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER devices_changed AFTER UPDATE ON devices WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('devices', NEW.user_id || ' ' || NEW.hash, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER account_links_in AFTER INSERT ON account_links BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('account_links', NEW.id, NULL, NEW.id); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER account_links_out AFTER DELETE ON account_links BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('account_links', OLD.id, OLD.id, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER account_links_changed AFTER UPDATE ON account_links WHEN OLD.id <> NEW.id BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('account_links', NEW.id, OLD.id, NEW.id); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER account_link_secrets_in AFTER INSERT ON account_link_secrets BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('account_link_secrets', NEW.link_id || ' ' || NEW.hash, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER account_link_secrets_out AFTER DELETE ON account_link_secrets BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('account_link_secrets', OLD.link_id || ' ' || OLD.hash, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER account_link_secrets_changed AFTER UPDATE ON account_link_secrets WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('account_link_secrets', NEW.link_id || ' ' || NEW.hash, OLD.seal, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER security_events_in AFTER INSERT ON security_events BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('security_events', NEW.nr, NULL, NEW.seal); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER security_events_out AFTER DELETE ON security_events BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('security_events', OLD.nr, OLD.seal, NULL); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER security_events_changed AFTER UPDATE ON security_events WHEN OLD.seal <> NEW.seal BEGIN INSERT INTO row_moves (name, what, was, now) VALUES ('security_events', NEW.nr, OLD.seal, NEW.seal); END;
-- +goose StatementEnd

-- The server counts what is there when it starts.
INSERT INTO settings (name, value) SELECT 'seals.wanted', 'yes' WHERE EXISTS (SELECT 1 FROM municipalities) ON CONFLICT (name) DO NOTHING;
