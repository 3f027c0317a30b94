package models

import (
	"database/sql"
	"fmt"
	"strings"
)

// orphans reports rows that belong to one that is not there: the database itself lets nobody make them, nor take the other away.
func (l *ledger) orphans() error {
	if !l.postgres {
		return eachOf(l.db, `PRAGMA foreign_key_check`, func(r *struct {
			Table, Parent string
			Rowid         sql.NullInt64
		}) {
			where := r.Table
			if r.Rowid.Valid {
				where = fmt.Sprintf("%s row %d", r.Table, r.Rowid.Int64)
			}
			l.found("belongs to "+r.Parent+" that are not there", "%s", where)
		})
	}
	var keys []foreignKey
	err := l.db.Raw(`SELECT k.conname AS name, child.relname AS child, parent.relname AS parent,
			(SELECT string_agg(format('p.%I = c.%I', b.attname, a.attname), ' AND ') FROM unnest(k.conkey, k.confkey) AS u (c, p)
				JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.c JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = u.p) AS same,
			(SELECT string_agg(format('c.%I IS NOT NULL', a.attname), ' AND ') FROM unnest(k.conkey) AS u (c) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.c) AS set
		FROM pg_constraint k JOIN pg_class child ON child.oid = k.conrelid JOIN pg_class parent ON parent.oid = k.confrelid
		WHERE k.contype = 'f' AND pg_table_is_visible(child.oid) ORDER BY child.relname, k.conname`).Scan(&keys).Error
	for _, k := range keys {
		if err == nil {
			err = l.orphansOf(k)
		}
	}
	return err
}

// foreignKey is a key as PostgreSQL tells it, with what has to be the same in both rows (c and p), and what has to be there at all.
type foreignKey struct{ Name, Child, Parent, Same, Set string }

func (l *ledger) orphansOf(k foreignKey) error {
	cells := "''"
	if key := shapes[k.Child].key; len(key) > 0 {
		cells = "concat_ws(', ', c." + strings.Join(key, ", c.") + ")"
	}
	return eachOf(l.db, `SELECT `+cells+` AS name FROM `+k.Child+` c WHERE `+k.Set+` AND NOT EXISTS (SELECT 1 FROM `+k.Parent+` p WHERE `+k.Same+`) ORDER BY 1`, func(r *struct{ Name string }) {
		l.found("belongs to "+k.Parent+" that are not there", "%s (%s)", k.Child, r.Name)
	})
}
