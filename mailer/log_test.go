package mailer

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// diary keeps what was logged.
type diary struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (d *diary) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(p)
}

// quiet is a log that must know no recipients and no contents.
func quiet(t *testing.T) *slog.Logger {
	d := &diary{}
	t.Cleanup(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, secret := range []string{"amt", "@bautzen", "Gebühr", "geheim"} {
			if strings.Contains(d.text.String(), secret) {
				t.Errorf("the log says %q:\n%s", secret, d.text.String())
			}
		}
	})
	return slog.New(slog.NewTextHandler(d, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
