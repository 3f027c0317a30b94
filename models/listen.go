package models

import (
	"context"
	"log/slog"
	"time"
)

// channel is where PostgreSQL tells the other instances which form has a new version.
const channel = "formwandel_published"

// Listen keeps this instance's memory true when another one publishes; it
// returns when ctx ends. With SQLite there is no other instance.
func (s *Store) Listen(ctx context.Context, log *slog.Logger) {
	for s.postgres && ctx.Err() == nil {
		if err := s.listen(ctx); err != nil && ctx.Err() == nil {
			log.Warn("listening for other instances broke; trying again", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
}

// listen waits on one connection; what was missed before it is forgotten as a whole.
func (s *Store) listen(ctx context.Context) error {
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(c any) error {
		pg := c.(*guardedConn).Conn.Conn()
		if _, err := pg.Exec(ctx, "LISTEN "+channel); err != nil {
			return err
		}
		defer pg.Exec(context.WithoutCancel(ctx), "UNLISTEN *") //nolint:errcheck // a broken connection is thrown away by the pool
		s.Unpublish("")
		for {
			n, err := pg.WaitForNotification(ctx)
			if err != nil {
				return err
			}
			s.Unpublish(n.Payload)
		}
	})
}
