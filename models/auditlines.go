package models

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// dumpColumns are what a line of each table has in an export or a backup: the columns that are its key, a bar, the others.
// Older programs wrote fewer, none wrote any that is not here; a column that goes some day stays in this list.
var dumpColumns = map[string]string{ //nolint:gosec // names of columns, no secrets
	"municipalities":   "ags | name kind plz population office_mail closing_days policy as_of demo version seal",
	"chains":           "ags | seq hash seal",
	"signing_keys":     "id | public created_at retired_at",
	"checkpoints":      "number | at statement signature heads",
	"users":            "id | ags email name locale password_hash active demo created_at version signed_in_at off_at forgotten_at address_by salt seal",
	"user_roles":       "user_id role |",
	"identities":       "issuer subject | user_id provider created_at used_at seal",
	"tokens":           "id | user_id hash name created_at expires_at revoked_at scopes tail used_at seal",
	"totps":            "user_id | sealed last_step created_at confirmed_at seal",
	"passkeys":         "id | user_id handle credential_id credential name created_at used_at seal",
	"recovery_codes":   "user_id hash | used_at",
	"factor_roles":     "role | kind",
	"assistants":       "key | title leika definition demo",
	"definitions":      "assistant version | content hash created_at",
	"forms":            "id | ags assistant definition live maintenance",
	"requests":         "id | number ags form_id assistant definition status version reason wish wish_unseen kind date until sections need_municipality need_provider given_municipality given_provider policy content_hash author_id assignee_id reverts created_at updated_at submitted_at approved_at applied_at due_at apply_at return_at returned accept_by answer_by reminded late config_number conflicts knock_at knock_rank open planned waiting emptied_at",
	"request_sections": "section request_id |",
	"changes":          "request_id ord | field section label type old new builds_on",
	"request_editors":  "request_id user_id |",
	"approvals":        "id | request_id side user_id version content_hash at void_at seal",
	"events":           "ags seq | request_id form_id at actor_id action from_state to_state version comment salt internal data prev hash",
	"configurations":   "form_id number | content definition maintenance cause request_id actor_id at effective prev hash",
	"secrets":          "ref | ags sealed created_at seal",
	"blobs":            "hash | size content",
	"attachments":      "id | request_id author_id name type size blob at seal",
	"mails":            "id | ags request_id event_seq kind role recipient locale message_id state attempts next_at created_at sent_at last_error lease_token lease_until seal",
	"idempotency":      "user_id key | salt body_hash status location answer created_at seal",
	"saved_views":      "id | user_id name query created_at seal",
	"calendar_links":   "user_id | hash created_at seal",
	"settings":         "name | value seal",
	"access_grants":    "ags kind | seq reason granted_by granted_at ends_at",
	"access_uses":      "ags seq |",
	"policy_proposals": "ags | policy proposed_by proposed_at event_seq",
	"retention_runs":   "id | at report seal",
}

// tableShape is what a table's lines look like.
type tableShape struct {
	key  []string
	cell map[string]int // a column as a line has it, in quotation marks → its place, those of the key first
}

// shapes are dumpColumns, taken apart.
var shapes = func() map[string]tableShape {
	out := make(map[string]tableShape, len(dumpColumns))
	for table, columns := range dumpColumns {
		key, _, _ := strings.Cut(columns, "|")
		x := tableShape{strings.Fields(key), map[string]int{}}
		for i, name := range strings.Fields(strings.Replace(columns, "|", "", 1)) {
			x.cell[`"`+name+`"`] = i
		}
		out[table] = x
	}
	return out
}()

// firstTables are those that every program has written before the events: see begin.
var firstTables = []string{"chains", "signing_keys", "checkpoints"}

// manifestKeys are those of a backup's first and last line: see Manifest.
var manifestKeys = []string{"formwandel_backup", "at", "head", "rows", "end"}

// fileLine is one row, or a backup's manifest.
type fileLine struct {
	Table string
	Row   jsontext.Value // until the next line is read
	keys  []string       // as they stand there
}

// next reads a line; io.EOF is the end of the file.
func (l *fileLine) next(in *jsontext.Decoder) error {
	l.Table, l.Row, l.keys = "", l.Row[:0], l.keys[:0]
	begin, err := in.ReadToken()
	if err != nil {
		return err
	}
	if begin.Kind() != '{' {
		return fmt.Errorf("%s is no line of a table", begin)
	}
	for in.PeekKind() != '}' {
		name, err := in.ReadToken()
		if err != nil {
			return err
		}
		key := name.String()
		if len(l.keys) < 20 { // of more, these are findings enough
			l.keys = append(l.keys, key)
		}
		value, err := in.ReadValue()
		if err != nil {
			return err
		}
		switch key {
		case "t":
			err = json.Unmarshal(value, &l.Table)
		case "r":
			l.Row = append(l.Row[:0], value...)
		}
		if err != nil {
			return err
		}
	}
	_, err = in.ReadToken()
	return err
}

// seen knows which rows have passed, by table: numbers 64 at a time, since there may be millions of mails.
type seen struct {
	numbers map[int64]uint64
	names   map[string]bool
}

// again tells whether a row of this key has passed before.
func (s *seen) again(key string) (was bool) {
	n, err := strconv.ParseInt(key, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != key {
		was = s.names[key]
		s.names[key] = true
		return was
	}
	block, bit := n>>6, uint64(1)<<(n&63)
	was = s.numbers[block]&bit != 0
	s.numbers[block] |= bit
	return was
}

// leniently reads a row with keys that no export writes, or one of them twice: that is a finding, and the rest is read all the same.
func leniently(row jsontext.Value, into any) error {
	return json.Unmarshal(row, into, jsontext.AllowDuplicateNames(true))
}

// odd reports something about the line that is read.
func (f *filed) odd(what, row string) {
	f.found(what, "line %d, %s", f.line, row)
}

// look holds a line against those that an export writes, and against those that have passed. Events are looked at as they are read
// (see event): whether one stands twice, their chain tells.
func (f *filed) look(l *fileLine) {
	allowed := []string{"t", "r"}
	if !slices.Contains(l.keys, "t") && !slices.Contains(l.keys, "r") {
		allowed = manifestKeys
	}
	for i, key := range l.keys {
		switch {
		case !slices.Contains(allowed, key):
			f.odd(fmt.Sprintf("no export writes the key %q", key), strings.TrimSpace("row "+l.Table))
		case slices.Contains(l.keys[:i], key):
			f.odd(fmt.Sprintf("the key %q stands there twice", key), strings.TrimSpace("row "+l.Table))
		}
	}
	shape, is := shapes[l.Table]
	switch {
	case allowed[0] == manifestKeys[0]: // a manifest has neither
		if !slices.Contains(l.keys, manifestKeys[0]) {
			f.odd("is of no table", "row")
		}
	case !is:
		f.odd(fmt.Sprintf("no export has a table %q", l.Table), "row")
	case l.Table != "events":
		key, plain := f.nameOf(shape, l.Row)
		if !plain {
			key = f.keysOf(l.Table, shape, l.Row)
		}
		s := f.passed[l.Table]
		if s == nil {
			s = &seen{map[int64]uint64{}, map[string]bool{}}
			f.passed[l.Table] = s
		}
		if s.again(key) {
			f.odd("has been there before", l.Table+" "+key)
		}
		if f.begun && slices.Contains(firstTables, l.Table) {
			f.odd("stands behind the events, which are held against it", l.Table+" "+key)
		}
	}
}

// nameOf gives what a row is called; not plain means that its keys are not simply those of its table, each once, and have to be looked at.
func (f *filed) nameOf(shape tableShape, row jsontext.Value) (name string, plain bool) {
	f.cells.Reset(bytes.NewBuffer(row), jsontext.AllowDuplicateNames(true))
	if begin, err := f.cells.ReadToken(); err != nil || begin.Kind() != '{' {
		return "", false
	}
	var parts [2]string // no key is longer
	had := uint64(0)
	for f.cells.PeekKind() == '"' {
		column, err := f.cells.ReadValue()
		if err != nil {
			return "", false
		}
		i, is := shape.cell[string(column)]
		cell, err := f.cells.ReadValue()
		if err != nil || !is || had&(1<<i) != 0 {
			return "", false
		}
		if had |= 1 << i; i < len(shape.key) {
			parts[i] = cellText(cell)
		}
	}
	return strings.Join(parts[:len(shape.key)], " "), true
}

// cellText is a cell without its quotation marks.
func cellText(cell jsontext.Value) string {
	if cell.Kind() != '"' {
		return string(cell)
	}
	text, _ := jsontext.AppendUnquote(nil, cell) // it was read, so it can be
	return string(text)
}

// keysOf reports the keys of a row that no export writes for its table, and those that stand there twice; it gives what the row is called.
func (f *filed) keysOf(table string, shape tableShape, row jsontext.Value) (name string) {
	var cells map[string]jsontext.Value
	err := json.Unmarshal(row, &cells) // refuses what stands twice
	if err != nil {
		clear(cells)
		if leniently(row, &cells) != nil {
			f.odd("is no row of it", table)
			return ""
		}
	}
	parts := make([]string, len(shape.key))
	for i, column := range shape.key {
		parts[i] = cellText(cells[column])
	}
	name = strings.Join(parts, " ")
	if twice := (&jsontext.SyntacticError{}); errors.As(err, &twice) {
		f.odd(fmt.Sprintf("the key %q stands there twice", twice.JSONPointer.LastToken()), table+" "+name)
	} else if err != nil {
		f.odd(err.Error(), table+" "+name)
	}
	for _, key := range slices.Sorted(maps.Keys(cells)) {
		if _, is := shape.cell[`"`+key+`"`]; !is {
			f.odd(fmt.Sprintf("no export writes the key %q", key), table+" "+name)
		}
	}
	return name
}
