-- +goose Up
-- The last guard behind the conditions of the queries: the program says with each
-- statement whose rows it may touch. formwandel.tenant is a municipality's AGS; nothing
-- at all, as in psql, is the installation itself; anything else is nobody.

CREATE FUNCTION shows(ags TEXT) RETURNS BOOLEAN LANGUAGE sql STABLE AS
    $$ SELECT CASE coalesce(current_setting('formwandel.tenant', true), '') WHEN '' THEN TRUE ELSE ags = current_setting('formwandel.tenant', true) END $$;

CREATE POLICY tenant ON municipalities USING (shows(ags));
CREATE POLICY tenant ON chains USING (shows(ags));
CREATE POLICY tenant ON forms USING (shows(ags));
CREATE POLICY tenant ON requests USING (shows(ags));
CREATE POLICY tenant ON events USING (shows(ags));
CREATE POLICY tenant ON secrets USING (shows(ags));
CREATE POLICY tenant ON mails USING (shows(ags));

-- What belongs to a form or a request is shown with it.
CREATE POLICY tenant ON configurations
    USING (CASE coalesce(current_setting('formwandel.tenant', true), '') WHEN '' THEN TRUE ELSE EXISTS (SELECT 1 FROM forms f WHERE f.id = form_id) END);
CREATE POLICY tenant ON changes
    USING (CASE coalesce(current_setting('formwandel.tenant', true), '') WHEN '' THEN TRUE ELSE EXISTS (SELECT 1 FROM requests r WHERE r.id = request_id) END);
CREATE POLICY tenant ON approvals
    USING (CASE coalesce(current_setting('formwandel.tenant', true), '') WHEN '' THEN TRUE ELSE EXISTS (SELECT 1 FROM requests r WHERE r.id = request_id) END);
CREATE POLICY tenant ON attachments
    USING (CASE coalesce(current_setting('formwandel.tenant', true), '') WHEN '' THEN TRUE ELSE EXISTS (SELECT 1 FROM requests r WHERE r.id = request_id) END);

-- FORCE: the program connects as the owner of the tables.
ALTER TABLE municipalities ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE chains ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE forms ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE requests ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE mails ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE configurations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE changes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE approvals ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE attachments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
