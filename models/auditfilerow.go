package models

import (
	"bytes"
	stdjson "encoding/json"

	"gorm.io/gorm/schema"
)

// take reads one row. What an audit does not look at passes by.
func (f *filed) take(l fileLine) error {
	switch l.Table {
	case "events":
		return f.event(l.Row)
	case "chains":
		var h struct {
			AGS  string `json:"ags"`
			Seq  int64  `json:"seq"`
			Hash string `json:"hash"`
		}
		err := leniently(l.Row, &h)
		f.heads[h.AGS] = Head{h.AGS, h.Seq, h.Hash}
		return err
	case "blobs", "secrets":
		return f.content(l)
	case "user_roles":
		var r struct {
			User int64  `json:"user_id"`
			Role string `json:"role"`
		}
		err := leniently(l.Row, &r)
		f.roles[r.User] += " " + r.Role
		return err
	}
	return f.keepRow(l)
}

// keepAccount keeps a row that belongs to an account.
func (f *filed) keepAccount(l fileLine) error {
	switch l.Table {
	case "users":
		return into(f, l, &f.people.accounts)
	case "totps":
		return into(f, l, &f.people.apps)
	case "passkeys":
		return into(f, l, &f.people.keys)
	case "identities":
		return into(f, l, &f.people.links)
	case "recovery_codes":
		return into(f, l, &f.people.codes)
	case "factor_roles":
		var r struct {
			Role Role       `json:"role"`
			Kind FactorKind `json:"kind"`
		}
		err := leniently(l.Row, &r)
		f.factors = append(f.factors, RoleFactor(r))
		return err
	}
	return nil
}

// keepRow keeps a row that is looked at when the events have passed.
func (f *filed) keepRow(l fileLine) error {
	switch l.Table {
	case "signing_keys":
		return into(f, l, &f.keys)
	case "checkpoints":
		return into(f, l, &f.signed)
	case "forms":
		return into(f, l, &f.forms)
	case "configurations":
		return into(f, l, &f.versions)
	case "definitions":
		return into(f, l, &f.quests)
	case "municipalities":
		return into(f, l, &f.towns)
	case "access_grants":
		return into(f, l, &f.grants)
	case "access_uses":
		return into(f, l, &f.uses)
	case "policy_proposals":
		return into(f, l, &f.proposals)
	case "tokens":
		return into(f, l, &f.tokens)
	case "assistants":
		return into(f, l, &f.assistants)
	case "calendar_links":
		return into(f, l, &f.calendars)
	case "retention_runs":
		return into(f, l, &f.runs)
	case "settings":
		return into(f, l, &f.settings)
	case "mails":
		if len(l.Row) == 0 {
			return nil // which look has told
		}
		var ms []Mail
		err := into(f, l, &ms)
		f.mails = append(f.mails, ms[0].kept())
		return err
	case "requests":
		var rs []Request
		err := into(f, l, &rs)
		f.of(rs[0].ID).r = &rs[0]
		return err
	case "changes", "approvals", "attachments", "request_editors", "request_sections":
		return f.part(l)
	}
	return f.keepAccount(l)
}

// of is what a file has about a request.
func (f *filed) of(request int64) *file {
	x := f.files[request]
	if x == nil {
		x = &file{}
		f.files[request] = x
	}
	return x
}

// part keeps a row that belongs to a request.
func (f *filed) part(l fileLine) error {
	var id struct {
		Request int64  `json:"request_id"`
		User    int64  `json:"user_id"`
		Section string `json:"section"`
	}
	if err := leniently(l.Row, &id); err != nil {
		return err
	}
	x := f.of(id.Request)
	switch l.Table {
	case "changes":
		return into(f, l, &x.changes)
	case "approvals":
		return into(f, l, &x.approvals)
	case "attachments":
		return into(f, l, &x.documents)
	case "request_sections": // an export has none
		f.sections = true
		x.sections = append(x.sections, id.Section)
		return nil
	}
	x.editors = append(x.editors, id.User)
	return nil
}

// into reads a row as GORM would, and puts it behind others.
func into[T any](f *filed, l fileLine, rows *[]T) error {
	var row T
	*rows = append(*rows, row)
	to := &(*rows)[len(*rows)-1]
	sch, err := schema.Parse(to, f.schemas, schema.NamingStrategy{})
	if err != nil {
		return err
	}
	var cells map[string]any
	in := stdjson.NewDecoder(bytes.NewReader(l.Row))
	in.UseNumber()
	if err := in.Decode(&cells); err != nil {
		return err
	}
	return setCells(sch, l.Table, to, cells)
}
