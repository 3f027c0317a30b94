package models

import (
	"context"
	"database/sql"
	"encoding/json"
	"sync"
)

// tallyStatements are what each of SQLite's transactions asks, prepared once.
type tallyStatements struct {
	mu                  sync.Mutex
	foreign, take, read *sql.Stmt
}

const (
	foreignSQL = `SELECT coalesce(max(id), 0) FROM row_moves`
	takeSQL    = `DELETE FROM row_moves WHERE id > ? RETURNING name, was, now`
	readSQL    = `SELECT name, part, total, sum, turn, seal FROM tallies WHERE part = 0 AND name IN (SELECT value FROM json_each(?)) ORDER BY name`
)

// prepare makes them, before the one writing connection is taken.
func (x *tallyStatements) prepare(ctx context.Context, pool *sql.DB) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.read != nil {
		return nil
	}
	for _, s := range []struct {
		into **sql.Stmt
		sql  string
	}{{&x.foreign, foreignSQL}, {&x.take, takeSQL}, {&x.read, readSQL}} { // the last one says that all are there
		stmt, err := pool.PrepareContext(ctx, s.sql) //nolint:sqlclosecheck // it lasts as long as the pool
		if err != nil {
			return err
		}
		*s.into = stmt
	}
	return nil
}

// talliesOf reads a part of the tallies of some tables, and locks it.
func (t *tx) talliesOf(part int, names []string) (out []tallyRow, err error) {
	if t.s.postgres {
		return t.tallies(`part = ? AND name IN ?`, part, names)
	}
	list, err := json.Marshal(names)
	if err != nil {
		return nil, err
	}
	rows, err := t.sql.StmtContext(t.ctx, t.s.tallying.read).QueryContext(t.ctx, string(list)) //nolint:sqlclosecheck // it ends with its transaction
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var x tallyRow
		if err := rows.Scan(&x.Name, &x.Part, &x.Total, &x.Sum, &x.Turn, &x.Seal); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}
