-- +goose Up

-- Municipalities are the tenants, keyed by their 8-digit AGS.
CREATE TABLE municipalities (
    ags           TEXT PRIMARY KEY CHECK (ags GLOB '[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]'),
    name          TEXT NOT NULL CHECK (name <> ''),
    kind          TEXT NOT NULL DEFAULT '',
    plz           TEXT NOT NULL DEFAULT '',
    population    INTEGER NOT NULL DEFAULT 0,
    office_mail   TEXT NOT NULL DEFAULT '',
    closing_days  TEXT NOT NULL DEFAULT '[]',
    policy        TEXT NOT NULL DEFAULT '{}',
    as_of         TEXT NOT NULL DEFAULT '',
    demo          BOOLEAN NOT NULL DEFAULT FALSE,
    version       INTEGER NOT NULL DEFAULT 1
);

-- The head of each municipality's event chain. Whoever writes anything for a
-- municipality locks its row first: one writer per municipality at a time.
-- '00000000' is the installation itself.
CREATE TABLE chains (
    ags  TEXT PRIMARY KEY,
    seq  INTEGER NOT NULL DEFAULT 0 CHECK (seq >= 0),
    hash TEXT NOT NULL DEFAULT ''
);
INSERT INTO chains (ags) VALUES ('00000000');

CREATE TABLE users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    ags           TEXT NULL REFERENCES municipalities (ags),
    email         TEXT NOT NULL UNIQUE CHECK (email = lower(email)),
    name          TEXT NOT NULL CHECK (name <> ''),
    locale        TEXT NOT NULL DEFAULT 'de' CHECK (locale IN ('de', 'en')),
    password_hash TEXT NOT NULL DEFAULT '',
    active        BOOLEAN NOT NULL DEFAULT TRUE,
    demo          BOOLEAN NOT NULL DEFAULT FALSE,
    created_at    TIMESTAMP NOT NULL
);
CREATE INDEX users_ags ON users (ags) WHERE active;

CREATE TABLE user_roles (
    user_id INTEGER NOT NULL REFERENCES users (id),
    role    TEXT NOT NULL CHECK (role IN ('clerk', 'approver', 'tenant_admin', 'agent', 'lead', 'admin', 'auditor')),
    PRIMARY KEY (user_id, role)
);

CREATE TABLE tokens (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id      INTEGER NOT NULL REFERENCES users (id),
    hash         TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    name         TEXT NOT NULL DEFAULT '',
    created_at   TIMESTAMP NOT NULL,
    expires_at   TIMESTAMP NOT NULL,
    revoked_at   TIMESTAMP NULL
);
CREATE INDEX tokens_user ON tokens (user_id);

CREATE TABLE assistants (
    key        TEXT PRIMARY KEY,
    title      TEXT NOT NULL,
    leika      TEXT NOT NULL DEFAULT '',
    definition INTEGER NOT NULL CHECK (definition > 0),
    demo       BOOLEAN NOT NULL DEFAULT FALSE
);

-- Definitions are immutable: a new questionnaire is a new version.
CREATE TABLE definitions (
    assistant  TEXT NOT NULL REFERENCES assistants (key) DEFERRABLE INITIALLY DEFERRED,
    version    INTEGER NOT NULL CHECK (version > 0),
    content    TEXT NOT NULL,
    hash       TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (assistant, version)
);

CREATE TABLE forms (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    ags         TEXT NOT NULL REFERENCES municipalities (ags),
    assistant   TEXT NOT NULL REFERENCES assistants (key),
    definition  INTEGER NOT NULL,
    live        INTEGER NOT NULL CHECK (live > 0),
    maintenance BOOLEAN NOT NULL DEFAULT TRUE,
    UNIQUE (ags, assistant),
    FOREIGN KEY (assistant, definition) REFERENCES definitions (assistant, version) DEFERRABLE INITIALLY DEFERRED
);

-- The number of a request is its year and this id, so it is unique by itself.
CREATE TABLE requests (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    number             TEXT NOT NULL UNIQUE,
    ags                TEXT NOT NULL REFERENCES municipalities (ags),
    form_id            INTEGER NOT NULL REFERENCES forms (id),
    assistant          TEXT NOT NULL,
    definition         INTEGER NOT NULL,
    status             TEXT NOT NULL CHECK (status IN ('draft', 'submitted', 'in_review', 'question', 'approved', 'applied', 'accepted', 'rejected', 'withdrawn', 'failed')),
    version            INTEGER NOT NULL CHECK (version > 0),
    reason             TEXT NOT NULL DEFAULT '',
    wish               TEXT NOT NULL DEFAULT '',
    wish_unseen        BOOLEAN NOT NULL DEFAULT FALSE,
    kind               TEXT NOT NULL DEFAULT '' CHECK (kind IN ('', 'from', 'by')),
    date               DATE NULL,
    until              DATE NULL,
    sections           TEXT NOT NULL DEFAULT '[]',
    need_municipality  INTEGER NOT NULL DEFAULT 0 CHECK (need_municipality >= 0),
    need_provider      INTEGER NOT NULL DEFAULT 1 CHECK (need_provider >= 1),
    given_municipality INTEGER NOT NULL DEFAULT 0,
    given_provider     INTEGER NOT NULL DEFAULT 0,
    policy             TEXT NOT NULL DEFAULT '',
    content_hash       TEXT NOT NULL DEFAULT '',
    author_id          INTEGER NOT NULL REFERENCES users (id),
    assignee_id        INTEGER NULL REFERENCES users (id),
    reverts            INTEGER NULL REFERENCES requests (id),
    created_at         TIMESTAMP NOT NULL,
    updated_at         TIMESTAMP NOT NULL,
    submitted_at       TIMESTAMP NULL,
    approved_at        TIMESTAMP NULL,
    applied_at         TIMESTAMP NULL,
    due_at             TIMESTAMP NULL,
    apply_at           TIMESTAMP NULL,
    return_at          TIMESTAMP NULL,
    returned           BOOLEAN NOT NULL DEFAULT FALSE,
    accept_by          DATE NULL,
    answer_by          DATE NULL,
    reminded           INTEGER NOT NULL DEFAULT 0 CHECK (reminded BETWEEN 0 AND 2),
    late               INTEGER NULL CHECK (late > 0),
    config_number      INTEGER NULL,
    conflicts          TEXT NOT NULL DEFAULT '',
    knock_at           TIMESTAMP NULL,
    knock_rank         INTEGER NOT NULL DEFAULT 0,
    open               BOOLEAN NOT NULL,
    planned            BOOLEAN NOT NULL,
    waiting            INTEGER NOT NULL DEFAULT 0,
    CHECK (until IS NULL OR date IS NULL OR until >= date),
    CHECK (status IN ('draft', 'withdrawn') OR (kind <> '' AND date IS NOT NULL AND due_at IS NOT NULL)),
    CHECK (status NOT IN ('in_review', 'question', 'approved', 'applied', 'accepted', 'failed') OR assignee_id IS NOT NULL),
    CHECK (status <> 'approved' OR (approved_at IS NOT NULL AND apply_at IS NOT NULL AND given_municipality >= need_municipality AND given_provider >= need_provider)),
    CHECK (status NOT IN ('applied', 'accepted') OR (applied_at IS NOT NULL AND config_number IS NOT NULL))
);
CREATE INDEX requests_ags ON requests (ags, id);
CREATE INDEX requests_ags_due ON requests (ags, due_at, id);
CREATE INDEX requests_due ON requests (due_at, id);
CREATE INDEX requests_status ON requests (status, id);
CREATE INDEX requests_status_due ON requests (status, due_at, id);
CREATE INDEX requests_assistant ON requests (assistant, id);
CREATE INDEX requests_assignee ON requests (assignee_id, id);
CREATE INDEX requests_assignee_due ON requests (assignee_id, due_at, id) WHERE assignee_id IS NOT NULL;
CREATE INDEX requests_waiting ON requests (due_at, id) WHERE waiting <> 0;
CREATE INDEX requests_ags_waiting ON requests (ags, due_at, id) WHERE waiting <> 0;
CREATE INDEX requests_planned ON requests (form_id) WHERE planned;
CREATE INDEX requests_knock ON requests (knock_at, knock_rank, id) WHERE knock_at IS NOT NULL;
CREATE INDEX requests_ags_knock ON requests (ags, knock_at, knock_rank, id) WHERE knock_at IS NOT NULL;

CREATE TABLE request_sections (
    section    TEXT NOT NULL,
    request_id INTEGER NOT NULL REFERENCES requests (id),
    PRIMARY KEY (section, request_id)
);
CREATE INDEX request_sections_request ON request_sections (request_id);

CREATE TABLE changes (
    request_id INTEGER NOT NULL REFERENCES requests (id),
    ord        INTEGER NOT NULL,
    field      TEXT NOT NULL,
    section    TEXT NOT NULL,
    label      TEXT NOT NULL,
    type       TEXT NOT NULL,
    old        TEXT NOT NULL,
    new        TEXT NOT NULL,
    builds_on  INTEGER NULL REFERENCES requests (id),
    PRIMARY KEY (request_id, ord),
    UNIQUE (request_id, field)
);
CREATE INDEX changes_builds_on ON changes (builds_on) WHERE builds_on IS NOT NULL;

-- Who filed a request or edited its changes can approve it in no lane.
CREATE TABLE request_editors (
    request_id INTEGER NOT NULL REFERENCES requests (id),
    user_id    INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (request_id, user_id)
);

CREATE TABLE approvals (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id   INTEGER NOT NULL REFERENCES requests (id),
    side         TEXT NOT NULL CHECK (side IN ('municipality', 'provider')),
    user_id      INTEGER NOT NULL REFERENCES users (id),
    version      INTEGER NOT NULL,
    content_hash TEXT NOT NULL CHECK (length(content_hash) = 64),
    at           TIMESTAMP NOT NULL,
    void_at      TIMESTAMP NULL
);
CREATE UNIQUE INDEX approvals_once ON approvals (request_id, user_id) WHERE void_at IS NULL;

-- +goose StatementBegin
CREATE TRIGGER approvals_four_eyes BEFORE INSERT ON approvals
WHEN EXISTS (SELECT 1 FROM request_editors e WHERE e.request_id = NEW.request_id AND e.user_id = NEW.user_id)
  OR EXISTS (SELECT 1 FROM requests r WHERE r.id = NEW.request_id AND r.author_id = NEW.user_id)
BEGIN
    SELECT RAISE(ABORT, 'four eyes: whoever filed or edited a request cannot approve it');
END;
-- +goose StatementEnd

-- One append-only, hash-chained stream per municipality.
CREATE TABLE events (
    ags        TEXT NOT NULL REFERENCES chains (ags),
    seq        INTEGER NOT NULL CHECK (seq > 0),
    request_id INTEGER NULL REFERENCES requests (id),
    form_id    INTEGER NULL REFERENCES forms (id),
    at         TIMESTAMP NOT NULL,
    actor_id   INTEGER NULL REFERENCES users (id),
    action     TEXT NOT NULL,
    from_state TEXT NOT NULL DEFAULT '',
    to_state   TEXT NOT NULL DEFAULT '',
    version    INTEGER NOT NULL DEFAULT 0,
    comment    TEXT NOT NULL DEFAULT '',
    internal   BOOLEAN NOT NULL DEFAULT FALSE,
    data       TEXT NOT NULL DEFAULT '',
    prev       TEXT NOT NULL,
    hash       TEXT NOT NULL,
    PRIMARY KEY (ags, seq)
);
CREATE INDEX events_request ON events (request_id, seq) WHERE request_id IS NOT NULL;

-- One append-only, hash-chained stream of versions per form; forms.live points at the live one.
CREATE TABLE configurations (
    form_id     INTEGER NOT NULL REFERENCES forms (id) DEFERRABLE INITIALLY DEFERRED,
    number      INTEGER NOT NULL CHECK (number > 0),
    content     TEXT NOT NULL,
    definition  INTEGER NOT NULL,
    maintenance BOOLEAN NOT NULL,
    cause       TEXT NOT NULL CHECK (cause IN ('initial', 'apply', 'return', 'maintenance', 'definition')),
    request_id  INTEGER NULL REFERENCES requests (id),
    actor_id    INTEGER NULL REFERENCES users (id),
    at          TIMESTAMP NOT NULL,
    effective   TIMESTAMP NOT NULL,
    prev        TEXT NOT NULL,
    hash        TEXT NOT NULL,
    PRIMARY KEY (form_id, number),
    CHECK ((cause IN ('apply', 'return')) = (request_id IS NOT NULL))
);
CREATE UNIQUE INDEX configurations_once ON configurations (request_id, cause) WHERE request_id IS NOT NULL;

-- Protected values, sealed with the installation's public key: written, never read back by the program.
CREATE TABLE secrets (
    ref        TEXT PRIMARY KEY,
    ags        TEXT NOT NULL REFERENCES municipalities (ags),
    sealed     BLOB NOT NULL,
    created_at TIMESTAMP NOT NULL
);

-- Attachment contents, stored once by hash.
CREATE TABLE blobs (
    hash    TEXT PRIMARY KEY CHECK (length(hash) = 64),
    size    INTEGER NOT NULL,
    content BLOB NOT NULL
);

CREATE TABLE attachments (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id INTEGER NOT NULL REFERENCES requests (id),
    author_id  INTEGER NOT NULL REFERENCES users (id),
    name       TEXT NOT NULL,
    type       TEXT NOT NULL,
    size       INTEGER NOT NULL,
    blob       TEXT NOT NULL REFERENCES blobs (hash),
    at         TIMESTAMP NOT NULL
);
CREATE INDEX attachments_request ON attachments (request_id, id);

-- The outbox: one row per recipient, written in the transition's transaction.
CREATE TABLE mails (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    ags         TEXT NOT NULL,
    request_id  INTEGER NULL REFERENCES requests (id),
    event_seq   INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    role        TEXT NOT NULL,
    recipient   TEXT NOT NULL CHECK (recipient <> ''),
    locale      TEXT NOT NULL,
    message_id  TEXT NOT NULL UNIQUE,
    state       TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    next_at     TIMESTAMP NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    sent_at     TIMESTAMP NULL,
    last_error  TEXT NOT NULL DEFAULT '',
    lease_token TEXT NOT NULL DEFAULT '',
    lease_until TIMESTAMP NULL,
    FOREIGN KEY (ags, event_seq) REFERENCES events (ags, seq),
    CHECK ((state = 'sent') = (sent_at IS NOT NULL))
);
CREATE INDEX mails_waiting ON mails (next_at, id) WHERE state = 'waiting';
CREATE INDEX mails_request ON mails (request_id, id);
CREATE INDEX mails_failed ON mails (id) WHERE state = 'failed';

-- Answers to writes, kept with their effect: the same key and body get the same answer.
CREATE TABLE idempotency (
    user_id    INTEGER NOT NULL REFERENCES users (id),
    key        TEXT NOT NULL,
    salt       TEXT NOT NULL,
    body_hash  TEXT NOT NULL,
    status     INTEGER NOT NULL,
    location   TEXT NOT NULL DEFAULT '',
    answer     TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- What people search: folded, stemmed words; internal notes apart, because a municipality may not find them.
CREATE VIRTUAL TABLE search USING fts5 (words, internal, content='', contentless_delete=1, tokenize='ascii');
-- The words of the index, to look up the beginning of one.
CREATE VIRTUAL TABLE search_terms USING fts5vocab (search, instance);

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
-- Rises whenever definitions, forms or municipalities change: instances compare it and load anew.
INSERT INTO settings (name, value) VALUES ('catalogue', '1');

-- +goose StatementBegin
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_no_replace BEFORE INSERT ON events WHEN EXISTS (SELECT 1 FROM events x WHERE x.ags = NEW.ags AND x.seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER configurations_no_update BEFORE UPDATE ON configurations BEGIN SELECT RAISE(ABORT, 'configurations is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER configurations_no_delete BEFORE DELETE ON configurations BEGIN SELECT RAISE(ABORT, 'configurations is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER configurations_no_replace BEFORE INSERT ON configurations WHEN EXISTS (SELECT 1 FROM configurations x WHERE x.form_id = NEW.form_id AND x.number = NEW.number) BEGIN SELECT RAISE(ABORT, 'configurations is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER definitions_no_update BEFORE UPDATE ON definitions BEGIN SELECT RAISE(ABORT, 'definitions is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER definitions_no_delete BEFORE DELETE ON definitions BEGIN SELECT RAISE(ABORT, 'definitions is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER definitions_no_replace BEFORE INSERT ON definitions WHEN EXISTS (SELECT 1 FROM definitions x WHERE x.assistant = NEW.assistant AND x.version = NEW.version) BEGIN SELECT RAISE(ABORT, 'definitions is append-only'); END;
-- +goose StatementEnd
