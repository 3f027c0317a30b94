package models

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"
)

// preparedWrites are the statements of SQLite's one writing connection, which
// only the transaction that holds it touches.
type preparedWrites struct {
	conn driver.ConnPrepareContext
	of   map[string]driver.StmtExecContext
	args []driver.NamedValue // memory for the arguments of a statement
}

// run executes a queue on the driver's own connection, each statement prepared once.
func (p *preparedWrites) run(conn driver.ConnPrepareContext, q []write) error {
	if p.conn != conn {
		p.conn, p.of = conn, map[string]driver.StmtExecContext{}
	}
	ctx := context.Background() // a transaction that has begun to write ends by itself
	for _, w := range q {
		stmt, ok := p.of[w.sql]
		if !ok {
			s, err := conn.PrepareContext(ctx, w.sql)
			if err != nil {
				return fmt.Errorf("%w in %s", err, w.sql)
			}
			stmt = s.(driver.StmtExecContext)
			p.of[w.sql] = stmt
		}
		if err := p.name(w.args); err != nil {
			return err
		}
		res, err := stmt.ExecContext(ctx, p.args)
		if err != nil {
			return fmt.Errorf("%w in %s", err, w.sql)
		}
		if n, err := res.RowsAffected(); err != nil || !w.ok(n) {
			return stale(err)
		}
	}
	return nil
}

// name prepares arguments as a driver takes them, in memory that the next statement uses again.
func (p *preparedWrites) name(args []any) error {
	p.args = p.args[:0]
	for i, a := range args {
		v, err := plain(a)
		if err != nil {
			return err
		}
		p.args = append(p.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return nil
}

// plain is a value as drivers take it: what database/sql would make of it, the frequent kinds without asking what they are made of.
func plain(a any) (driver.Value, error) {
	switch a := a.(type) {
	case int:
		return int64(a), nil
	case *int64:
		if a != nil {
			return *a, nil
		}
		return nil, nil
	case *time.Time:
		if a != nil {
			return *a, nil
		}
		return nil, nil
	}
	return driver.DefaultParameterConverter.ConvertValue(a)
}
