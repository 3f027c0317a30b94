package main

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
)

// TestAServerThatEndsEndsTheProgram: whoever supervises it sees an error and starts it again; told to stop, it ends without one.
func TestAServerThatEndsEndsTheProgram(t *testing.T) {
	begin := func() *App {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		a := &App{Config: &Config{}, Log: slog.New(slog.DiscardHandler), web: fiber.New(fiber.Config{DisableStartupMessage: true})}
		a.answer(a.guests(l))
		return a
	}
	patient, done := context.WithTimeout(t.Context(), 20*time.Second)
	defer done()
	told, stop := context.WithCancel(t.Context())
	stop()
	a := begin()
	if err := a.Wait(told); err != nil {
		t.Errorf("told to stop: %v", err)
	}
	if err := a.listen.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Wait(patient); err == nil || patient.Err() != nil {
		t.Errorf("a server that ended: %v", err)
	}
	a.workers.Wait()
}
