package models

import (
	"fmt"
	"reflect"
	"strings"

	"gorm.io/gorm"
)

// Who writes past the program can write what it can't read: a text where a number should be, half a list. An audit that ended
// there would say nothing of what else was done. So it names the row, and goes on with what it can look at.

// readAs are the rows that an audit reads as GORM takes them.
var readAs = []any{
	&Event{}, &Attachment{}, &Configuration{}, &Form{}, &Mail{}, &SecurityEntry{}, &Token{}, &SigningKey{}, &sectionRow{},
	&checkpointRow{}, &definitionRow{}, &assistantRow{}, &townRow{}, &grantRow{}, &useRow{}, &proposalRow{}, &settingRow{}, &calendarRow{}, &runRow{},
	&accountRow{}, &appRow{}, &keyRow{}, &elsewhereRow{}, &codeRow{}, &linkRow{},
}

// taken is a table whose rows are taken cell by cell.
type taken struct {
	table, columns string
	take           func(*cells)
}

// takenAs are those that are taken cell by cell, which is no more lenient.
var takenAs = []taken{
	{"requests", requestColumns, func(x *cells) { new(Request).takeFrom(x) }}, {"changes", changeColumns, func(x *cells) { new(Change).takeFrom(x) }},
	{"approvals", approvalColumns, func(x *cells) { new(Approval).takeFrom(x) }}, {"users", userColumns, func(x *cells) { new(User).takeFrom(x) }},
}

// unreadable looks for what can't be read when a step has ended so, and names it; false: that is not why it has ended.
func (l *ledger) unreadable(why error) bool {
	if l.ctx.Err() != nil {
		return false
	}
	if l.misread == nil { // looked for once, however many steps end there
		l.misread = new(int)
		for _, like := range readAs {
			if l.misreadIn(like) != nil {
				return false // it is the database that does not answer
			}
		}
		for _, x := range takenAs {
			if l.mistakenIn(x) != nil {
				return false
			}
		}
	}
	if *l.misread == 0 {
		return false
	}
	l.found(fmt.Sprintf("could not be looked at to its end: %v", why), "record")
	return true
}

// misreadIn names the rows of one table that can't be read.
func (l *ledger) misreadIn(like any) error {
	st := &gorm.Statement{DB: l.db}
	if err := st.Parse(like); err != nil {
		return err
	}
	rows, err := l.db.Model(like).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	key := shapes[st.Table].key
	return eachByColumn(rows, func(row map[string]any) error {
		if err := l.db.ScanRows(rows, reflect.New(reflect.TypeOf(like).Elem()).Interface()); err != nil {
			*l.misread++
			var name []string
			for _, column := range key {
				name = append(name, fmt.Sprint(column, " ", portable(st.Table, column, row[column])))
			}
			l.found(fmt.Sprintf("can't be read: %v", err), "%s (%s)", st.Table, strings.Join(name, ", "))
		}
		return nil
	})
}

// mistakenIn names the rows of one table of which a cell is not what it is taken for.
func (l *ledger) mistakenIn(as taken) error {
	return eachCellsOr(l.db, `SELECT `+as.columns+` FROM `+as.table, nil, as.take, func(x *cells, err error) error {
		*l.misread++
		l.found(fmt.Sprintf("can't be read: %v", err), "%s (%s %v, %s %v)", as.table, x.names[0], x.held[0], x.names[1], x.held[1])
		return nil
	})
}
