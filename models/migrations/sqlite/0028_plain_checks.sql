-- +goose Up

-- A CHECK with three or more words in IN (…) makes SQLite build a table of them for every statement that writes: two for each
-- request. The same rules in plain comparisons cost nothing. No row changes, so only the text of the rules does; this is SQLite's
-- own way for that (https://www.sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;

UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (status IN (''draft'', ''submitted'', ''in_review'', ''question'', ''approved'', ''applied'', ''accepted'', ''rejected'', ''withdrawn'', ''failed''))',
    'CHECK (status = ''draft'' OR status = ''submitted'' OR status = ''in_review'' OR status = ''question'' OR status = ''approved'' OR status = ''applied'' OR status = ''accepted'' OR status = ''rejected'' OR status = ''withdrawn'' OR status = ''failed'')')
WHERE type = 'table' AND name = 'requests';

UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (kind IN ('''', ''from'', ''by''))',
    'CHECK (kind = '''' OR kind = ''from'' OR kind = ''by'')')
WHERE type = 'table' AND name = 'requests';

UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (status NOT IN (''in_review'', ''question'', ''approved'', ''applied'', ''accepted'', ''failed'') OR assignee_id IS NOT NULL)',
    'CHECK (assignee_id IS NOT NULL OR (status <> ''in_review'' AND status <> ''question'' AND status <> ''approved'' AND status <> ''applied'' AND status <> ''accepted'' AND status <> ''failed''))')
WHERE type = 'table' AND name = 'requests';

UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (cause IN (''initial'', ''apply'', ''return'', ''maintenance'', ''definition''))',
    'CHECK (cause = ''initial'' OR cause = ''apply'' OR cause = ''return'' OR cause = ''maintenance'' OR cause = ''definition'')')
WHERE type = 'table' AND name = 'configurations';

UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (state IN (''waiting'', ''sent'', ''failed''))',
    'CHECK (state = ''waiting'' OR state = ''sent'' OR state = ''failed'')')
WHERE type = 'table' AND name = 'mails';

-- A change that SQLite counts, so that every other connection reads the rules anew; RESET makes this one do so.
CREATE TABLE plain_checks (x INTEGER);
DROP TABLE plain_checks;
PRAGMA writable_schema = RESET;
