package handlers

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
)

// slowReader is a body on a slow line.
type slowReader struct {
	io.Reader
	after time.Duration
}

// Read waits, then reads.
func (s slowReader) Read(b []byte) (int, error) {
	time.Sleep(s.after)
	return s.Reader.Read(b)
}

// TestTheTimeToAnswerBeginsWithTheBody: how long a body takes to come in is nothing that the database has to make up for.
func TestTheTimeToAnswerBeginsWithTheBody(t *testing.T) {
	d := &door{Config: Config{Now: time.Now}}
	const slow = 200 * time.Millisecond
	var before, after time.Time
	app := fiber.New()
	app.Post("/", d.patience, func(c *fiber.Ctx) error {
		before, _ = c.UserContext().Deadline()
		c.Locals(bodyKey, slowReader{strings.NewReader(""), slow})
		return c.Next()
	}, d.takeIn, func(c *fiber.Ctx) error {
		after, _ = c.UserContext().Deadline()
		return c.UserContext().Err()
	})
	req := httptest.NewRequest(fiber.MethodPost, "/", http.NoBody)
	res, err := app.Test(req, -1)
	if err != nil || res.StatusCode != fiber.StatusOK {
		t.Fatal(res, err)
	}
	defer res.Body.Close()
	if gained := after.Sub(before); before.IsZero() || gained < slow {
		t.Errorf("the answer has %s more than when the body began to come, which took %s at least", gained, slow)
	}
}
