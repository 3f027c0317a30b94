package models_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestStatementsInTheLogHaveNoValues: what goes wrong in the database is logged without what people typed.
func TestStatementsInTheLogHaveNoValues(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	s := Open(t, URL(t, "sqlite"))
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0)) // a statement that failed, and not because nobody waits any more
	defer cancel()
	if _, err := s.CheckPassword(ctx, models.Known, "kanarienvogel@bautzen.example", "kanarienvogel"); err == nil {
		t.Fatal("no error")
	}
	if err := s.SetPassword(ctx, "kanarienvogel@bautzen.example", "kanarienvogel"); err == nil {
		t.Fatal("no error")
	}
	if !strings.Contains(log.String(), "SELECT") || strings.Contains(log.String(), "kanarienvogel") {
		t.Errorf("%s", log.String())
	}
}
