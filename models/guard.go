package models

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// Behind every tenant condition stands PostgreSQL's row-level security: a
// context carries whose rows may be touched under it, and each connection
// tells the database before it sends a statement. A context that nobody has
// marked shows no municipality's rows.

type tenantKey struct{}

// Whose rows, beside one municipality's (its AGS).
const (
	everybodys = ""       // the installation itself and the provider's people
	nobodys    = "nobody" // forgotten marks, people without a role, accounts that are switched off
)

// as marks a context: what is read and written under it is what u may see.
func as(ctx context.Context, u User) context.Context {
	return context.WithValue(ctx, tenantKey{}, u.rows())
}

// asInstallation marks a context for what is done for all municipalities: the clock, mails, the operator's commands.
func asInstallation(ctx context.Context) context.Context { return as(ctx, clockUser) }

// rows are whose rows a user may touch.
func (u User) rows() string {
	switch {
	case !u.Active && !u.IsClock():
		return nobodys
	case agsPattern.MatchString(u.AGS):
		return u.AGS
	case u.AGS == "" && (u.IsClock() || u.Has(Agent, Lead, Admin, Auditor)):
		return everybodys
	}
	return nobodys
}

// rowsOf are whose rows may be touched under a context.
func rowsOf(ctx context.Context) string {
	if rows, marked := ctx.Value(tenantKey{}).(string); marked {
		return rows
	}
	return nobodys
}

// guard opens connections that tell PostgreSQL whose rows each statement may touch.
type guard struct{ driver.Connector }

// Connect opens one.
func (g guard) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := g.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &guardedConn{Conn: c.(*stdlib.Conn), session: "?"}, nil
}

// guardedConn is a connection that shows the rows of its statement's context only.
type guardedConn struct {
	*stdlib.Conn
	session string // whose rows it shows between transactions, as PostgreSQL was told last
	local   string // whose rows the open transaction shows
}

// setTenant is the statement that tells PostgreSQL; rows are one of ours or eight digits: see User.rows.
func setTenant(rows string) string { return " formwandel.tenant = '" + rows + "'" }

// become shows the rows of a context. Inside a transaction they are those it began with.
func (c *guardedConn) become(ctx context.Context) error {
	rows, pg := rowsOf(ctx), c.Conn.Conn()
	switch {
	case pg.IsClosed():
		return driver.ErrBadConn
	case pg.PgConn().TxStatus() != 'I':
		if rows != c.local {
			return errors.New("a transaction for " + c.local + " was asked for the rows of " + rows)
		}
		return nil
	case rows == c.session:
		return nil
	}
	c.session = "?"
	if _, err := pg.Exec(ctx, "SET"+setTenant(rows)); err != nil {
		return retryable(ctx, pg, err)
	}
	c.session = rows
	return nil
}

// retryable lets database/sql try another connection when this one has turned out to be dead.
func retryable(ctx context.Context, pg *pgx.Conn, err error) error {
	if pgconn.SafeToRetry(err) || (ctx.Err() == nil && pg.IsClosed()) {
		return driver.ErrBadConn
	}
	return err
}

// QueryContext reads as the context says.
func (c *guardedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.become(ctx); err != nil {
		return nil, err
	}
	return c.Conn.QueryContext(ctx, query, args)
}

// ExecContext writes as the context says.
func (c *guardedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.become(ctx); err != nil {
		return nil, err
	}
	return c.Conn.ExecContext(ctx, query, args)
}

// PrepareContext refuses: a prepared statement would go past the guard.
func (c *guardedConn) PrepareContext(context.Context, string) (driver.Stmt, error) {
	return nil, errors.New("statements are prepared by the driver, not by hand")
}

// BeginTx begins a transaction as the context says, in the one round trip that beginning takes.
func (c *guardedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.local = rowsOf(ctx)
	if opts != (driver.TxOptions{}) || c.local == c.session {
		if err := c.become(ctx); err != nil {
			return nil, err
		}
		return c.Conn.BeginTx(ctx, opts)
	}
	pg := c.Conn.Conn()
	if pg.IsClosed() {
		return nil, driver.ErrBadConn
	}
	tx, err := pg.BeginTx(ctx, pgx.TxOptions{BeginQuery: "BEGIN; SET LOCAL" + setTenant(c.local)})
	if err != nil {
		return nil, retryable(ctx, pg, err)
	}
	return guardedTx{ctx, tx}, nil
}

// guardedTx is a transaction as database/sql takes it.
type guardedTx struct {
	ctx context.Context
	tx  pgx.Tx
}

// Commit commits it.
func (t guardedTx) Commit() error { return t.tx.Commit(t.ctx) }

// Rollback takes it back.
func (t guardedTx) Rollback() error { return t.tx.Rollback(t.ctx) }

// Guarded tells whether row-level security holds for the role this program
// connects as: superusers, and roles with BYPASSRLS, go past it. SQLite has none.
func (s *Store) Guarded(ctx context.Context) (bool, error) {
	if !s.postgres {
		return true, nil
	}
	var free bool
	err := s.reader.WithContext(ctx).Raw(`SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user`).Row().Scan(&free)
	return !free, trouble(err)
}
