package main

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
)

// answering is a program that has just begun to answer, and does nothing else.
func answering(t *testing.T) *App {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &App{Config: &Config{}, Log: slog.New(slog.DiscardHandler), web: fiber.New(fiber.Config{DisableStartupMessage: true})}
	a.answer(a.guests(l))
	return a
}

// TestStoppedAsSoonAsBegun: who is told to stop before the server knows its listener stops all the same.
func TestStoppedAsSoonAsBegun(t *testing.T) {
	patience := time.After(30 * time.Second)
	for range 50 {
		a, stopped := answering(t), make(chan error, 1)
		go func() { stopped <- a.Stop() }()
		select {
		case err := <-stopped:
			if err != nil {
				t.Error(err)
			}
		case <-patience:
			t.Fatal("it goes on")
		}
	}
}

// TestAServerThatEndsEndsTheProgram: whoever supervises it sees an error and starts it again; told to stop, it ends without one.
func TestAServerThatEndsEndsTheProgram(t *testing.T) {
	patient, done := context.WithTimeout(t.Context(), 20*time.Second)
	defer done()
	told, stop := context.WithCancel(t.Context())
	stop()
	a := answering(t)
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
