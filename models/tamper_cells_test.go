package models_test

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// belongings leaves rows in every table that no event tells of.
func (x *crime) belongings() {
	x.Helper()
	number := x.file(x.Clerk, wordingOf("Keller")).Number
	x.must(last(x.s.KeepTyped(ctx, x.Clerk, number, "texte", 1, map[string][]string{"a": {"b"}})))
	x.must(last(x.s.Look(ctx, x.Agent, number)))
	x.must(x.s.SaveView(ctx, x.Agent, "Meine", "status=open"))
	x.must(last(x.s.Comment(ctx, x.Clerk, number, "Bitte bald.", false, &models.Once{Key: "k", Body: []byte("b"), Answer: func(any) (int, string, []byte, error) { return 200, "", []byte("{}"), nil }})))
	_, session, err := x.s.SignIn(ctx, x.Approver, models.Proof{Method: "password"}, models.Visit{Browser: "Firefox"})
	x.must(err)
	x.must(last(x.s.ParkForm(ctx, x.Approver, session, "/auftraege", "a=b")))
	party, err := models.NewRelyingParty("https://formwandel.example")
	x.must(err)
	admin := x.Admin
	admin.TokenID, admin.Demo = 0, false // in person
	_, own, err := x.s.SignIn(ctx, admin, models.Proof{Method: "password", Second: true}, models.Visit{})
	x.must(err)
	x.must(last(x.s.AskNewPasskey(ctx, party, admin, own)))
	x.must(models.PlantPasskey(ctx, x.s, admin, own, "schluessel"))
	x.must(x.s.BeginTOTP(ctx, admin))
	x.must(last(x.s.NewRecoveryCodes(ctx, admin, "")))
	x.must(x.s.BeginAttempt(ctx, models.IdentityAttempt{State: "s", Browser: "b", Provider: "p", Nonce: "n", Verifier: "v", Next: "/"}))
	x.must(x.s.AskReset(ctx, x.Clerk.Email, ""))
	x.must(x.s.Attempt(ctx, models.SignInAttempt, x.Clerk.Email, "192.0.2.9", ""))
	x.must(last(x.s.Recognise(ctx, models.Identity{Provider: "konto", Issuer: "https://konto.example", Subject: "17", Email: x.Deputy.Email, Verified: true, AGS: Bautzen, Roles: x.Deputy.Roles, Confined: Bautzen})))
	x.must(x.s.SetAccess(ctx, x.TenantAdmin, Bautzen, models.AccessChange{Kind: models.AccessMaintenance, On: true}, nil))
	x.must(last(x.s.Maintain(ctx, x.Admin, Bautzen, Birth, true, nil)))
	x.invited("neu@bautzen.example", models.Clerk)
}

// untold are the tables that no audit looks into cell by cell: of row_moves each row is a finding.
var untold = []string{"search", "search_words", "row_moves"}

// TestEveryCellIsHeld changes a cell of each column of each table, and an audit says so.
func TestEveryCellIsHeld(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			x := scene(t, kind)
			x.whole("untouched")
			tried := 0
			for _, c := range x.columns() {
				for range Share(10) {
					how := x.falsify(c)
					if how == "" {
						t.Logf("%s.%s can't be changed: there is no row, or the database refuses it", c.table, c.name)
						break
					}
					tried++
					report, err := x.audited(x.ev)
					if err != nil {
						t.Errorf("%s: an audit can't say anything: %v", how, err)
						x.today()
						continue
					}
					if len(report.Findings) == 0 {
						t.Errorf("%s: nobody says so", how)
					}
					x.today()
				}
			}
			x.whole("after all was put back")
			Score(t, "S45", fmt.Sprintf("%d cells of all tables changed on %s", tried, kind), tried, "each found")
		})
	}
}

// cell is a column of a table.
type cell struct{ table, name, kind string }

// columns are those of all tables that an audit looks into.
func (x *crime) columns() (out []cell) {
	x.Helper()
	query := `SELECT m.name || ' ' || c.name || ' ' || lower(c.type) FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.sql NOT LIKE '%VIRTUAL%' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'search_%' ORDER BY m.name, c.cid`
	if !x.sqlite() {
		query = `SELECT table_name || ' ' || column_name || ' ' || data_type FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`
	}
	for _, row := range x.column(query) {
		parts := strings.SplitN(row, " ", 3)
		c := cell{parts[0], parts[1], parts[2]}
		if slices.Contains(untold, c.table) || strings.HasPrefix(c.table, "today_") || strings.HasPrefix(c.table, "yesterday_") || strings.HasPrefix(c.table, "older_") {
			continue
		}
		out = append(out, c)
	}
	return out
}

// keyOf are the columns that name a row of a table.
func (x *crime) keyOf(table string) []string {
	query := "SELECT name FROM pragma_table_info('" + table + "') WHERE pk > 0 ORDER BY pk"
	if !x.sqlite() {
		query = "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) WHERE i.indrelid = '" + table + "'::regclass AND i.indisprimary"
	}
	return x.column(query)
}

// falsify changes the cell of a row that chance picks; it tells how, "" if it could not.
func (x *crime) falsify(c cell) (how string) {
	x.Helper()
	for range 20 {
		if how = x.falsifyOne(c); how != "" {
			break
		}
	}
	return how
}

func (x *crime) falsifyOne(c cell) (how string) {
	x.Helper()
	differs := " IS DISTINCT FROM "
	if x.sqlite() {
		differs = " IS NOT "
	}
	where := x.picked(c.table)
	x.loose(func(db *sql.Conn) error {
		for _, value := range others(c) {
			query := fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s AND %s%s%s", c.table, c.name, value, where, c.name, differs, value)
			if done, err := db.ExecContext(ctx, query); err == nil {
				if n, err := done.RowsAffected(); err == nil && n == 1 {
					how = query
					return nil
				}
			}
		}
		return nil
	})
	return how
}

// others are values that a cell does not have, as far as its rules let it be changed.
func others(c cell) []string {
	switch kind := c.kind; {
	case strings.Contains(kind, "bool"):
		return []string{"NOT " + c.name}
	case strings.Contains(kind, "int"):
		return []string{"coalesce(" + c.name + ", 0) + 1000003", "coalesce(" + c.name + ", 0) + 1"}
	case strings.Contains(kind, "time"), kind == "date":
		return []string{"'" + time.Date(2031, 5, 6, 0, 0, 0, 0, time.UTC).Format("2006-01-02 15:04:05+00:00") + "'", "'2031-05-06'", "'2020-05-06 00:00:00+00:00'"}
	case strings.Contains(kind, "blob"), strings.Contains(kind, "bytea"):
		return []string{c.name + " || " + c.name}
	}
	return []string{"coalesce(" + c.name + ", '') || 'x'", "'x' || substr(" + c.name + ", 2)", "'[\"x\"]'", "'de'", "'en'", "'draft'", "'failed'", "'municipality'", "'provider'", "'by'", "'from'", "'reset'", "'invitation'", "'initial'", "'apply'", "'any'", "'passkey'", "'99999999'", "'clerk'", "'approver'"}
}

// TestEveryRowIsHeld takes a row of each table away, and puts one in that is like another, and an audit says so.
func TestEveryRowIsHeld(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			x := scene(t, kind)
			tables := map[string][]string{}
			for _, c := range x.columns() {
				tables[c.table] = append(tables[c.table], c.name)
			}
			tried := 0
			for _, table := range slices.Sorted(maps.Keys(tables)) {
				for range Share(10) {
					if x.number("SELECT count(*) FROM "+table) == 0 {
						t.Errorf("%s has no rows", table)
						break
					}
					for _, how := range []string{x.remove(table), x.double(table, tables[table])} {
						if how == "" {
							t.Logf("%s: the database refuses it", table)
							continue
						}
						x.loosely(how)
						tried++
						report, err := x.audited(x.ev)
						x.must(err)
						if len(report.Findings) == 0 {
							t.Errorf("%s: nobody says so", how)
						}
						x.today()
					}
				}
			}
			x.whole("after all was put back")
			Score(t, "S45", fmt.Sprintf("%d rows of all tables taken away or put in on %s", tried, kind), tried, "each found")
		})
	}
}

// remove is how a row of a table that chance picks is taken away.
func (x *crime) remove(table string) string {
	return "DELETE FROM " + table + " WHERE " + x.picked(table)
}

// double is how a row like another is put in, with another key; "" if the database refuses it.
func (x *crime) double(table string, columns []string) (how string) {
	x.Helper()
	key := x.keyOf(table)
	for _, value := range []string{"%s + 1000003", "'x' || substr(%s, 2)", "'99999999'", "'passkey'"} {
		for _, other := range key {
			cells := slices.Clone(columns)
			for i, c := range cells {
				if c == other {
					cells[i] = strings.ReplaceAll(value, "%s", c)
				}
			}
			for _, hash := range []string{"hash", "message_id", "secret", "email", "number", "credential_id", "name"} { // what is unique beside the key
				if i := slices.Index(columns, hash); i >= 0 && cells[i] == hash {
					cells[i] = "'f' || substr(" + hash + ", 2)"
				}
			}
			query := fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s WHERE %s", table, strings.Join(columns, ", "), strings.Join(cells, ", "), table, x.picked(table))
			if !x.sqlite() {
				query = strings.Replace(query, ") SELECT", ") OVERRIDING SYSTEM VALUE SELECT", 1)
			}
			done := false
			x.loose(func(db *sql.Conn) error {
				tx, err := db.BeginTx(ctx, nil)
				if err != nil {
					return err
				}
				defer tx.Rollback() //nolint:errcheck // it is only tried
				_, err = tx.ExecContext(ctx, query)
				done = err == nil
				return nil
			})
			if done {
				return query
			}
		}
	}
	return ""
}

// picked is how a row of a table is named that chance picks; a table without a key has one row.
func (x *crime) picked(table string) string {
	x.Helper()
	key := strings.Join(x.keyOf(table), ", ")
	n := x.number("SELECT count(*) FROM " + table)
	if key == "" || n == 0 {
		return "TRUE"
	}
	return fmt.Sprintf("(%s) = (SELECT %s FROM %s ORDER BY %s LIMIT 1 OFFSET %d)", key, key, table, key, x.chance.Int64N(n))
}
