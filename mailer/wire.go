package mailer

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// errSilent is what a conversation ends with when the server takes too long.
var errSilent = errors.New("the server did not answer in time")

// wire is a connection that hangs up by itself. Each thing said to the server
// starts its patience anew; hearing single bytes does not, so that a server that
// drips cannot hold the line.
type wire struct {
	net.Conn
	silent atomic.Bool

	mu       sync.Mutex
	patience time.Duration
	alarm    *time.Timer
}

func newWire(c net.Conn, patience time.Duration) *wire {
	w := &wire{Conn: c, patience: patience}
	w.alarm = time.AfterFunc(patience, w.giveUp)
	return w
}

func (w *wire) giveUp() {
	w.silent.Store(true)
	_ = w.Conn.Close()
}

// allow sets how long the server may take from now on, and for every answer to come.
func (w *wire) allow(patience time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.patience = patience
	w.alarm.Reset(patience)
}

// rest stops the clock while nothing is expected.
func (w *wire) rest() { w.alarm.Stop() }

// Write says something and starts the server's time to answer.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.alarm.Reset(w.patience)
	w.mu.Unlock()
	return w.Conn.Write(p)
}

// SetDeadline does nothing: one deadline for a whole mail is too short for its end.
func (w *wire) SetDeadline(time.Time) error { return nil }

// Close hangs up for good.
func (w *wire) Close() error {
	w.alarm.Stop()
	return w.Conn.Close()
}

// explain names the silence that made us hang up.
func (w *wire) explain(err error) error {
	if w.silent.Load() {
		return errSilent
	}
	return err
}
