package bench

import (
	"fmt"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"formwandel/handlers"
	"formwandel/models/modelstest"
)

// BenchmarkPublic reads a live configuration as form runtimes do, over real
// connections that are kept, against a bare Fiber handler with the same answer.
func BenchmarkPublic(b *testing.B) {
	o := newOffice(b, "sqlite", 2)
	app, err := handlers.New(handlers.Config{Store: o.Store, BaseURL: "http://formwandel.example", Log: slog.New(slog.DiscardHandler), Now: time.Now})
	must(b, err)
	ours := listen(b, app)
	path := "/public/v1/forms/" + o.towns[0].ags + "/" + modelstest.Birth
	p, err := o.Public(ctx, o.towns[0].ags, modelstest.Birth)
	must(b, err)
	plain := fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true})
	plain.Get("/public/v1/forms/:ags/:assistant", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderETag, p.ETag)
		c.Set(fiber.HeaderCacheControl, "no-cache")
		if c.Get(fiber.HeaderIfNoneMatch) == p.ETag {
			return c.SendStatus(fiber.StatusNotModified)
		}
		c.Set(fiber.HeaderContentType, "application/json; charset=utf-8")
		return c.Send(p.Body)
	})
	bare := listen(b, plain)
	for _, what := range []struct {
		name, etag string
		status     int
	}{{"200", "", fasthttp.StatusOK}, {"304", p.ETag, fasthttp.StatusNotModified}} {
		b.Run(what.name, func(b *testing.B) {
			read := func(addr string) func() float64 {
				clients := make([]*fasthttp.HostClient, readers)
				for i := range clients {
					clients[i] = &fasthttp.HostClient{Addr: addr, MaxConns: 1}
				}
				return func() float64 { return readMany(b, clients, path, what.etag, what.status) }
			}
			mine, theirs := read(ours), read(bare)
			mine()
			theirs()
			compare(b, "public configuration, "+what.name, "≥ 0.8", 15, mine, theirs)
		})
	}
}

const (
	readers       = 8
	readsPerRound = 8000
)

func listen(b testing.TB, app *fiber.App) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	go func() { _ = app.Listener(l) }()
	b.Cleanup(func() { _ = app.Shutdown() })
	return l.Addr().String()
}

func readMany(b testing.TB, clients []*fasthttp.HostClient, path, etag string, status int) float64 {
	return perSecond(readsPerRound, func() {
		together(b, len(clients), func(i int) error {
			req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			defer fasthttp.ReleaseRequest(req)
			defer fasthttp.ReleaseResponse(res)
			req.SetRequestURI("http://formwandel.example" + path)
			if etag != "" {
				req.Header.Set("If-None-Match", etag)
			}
			for range readsPerRound / len(clients) {
				if err := clients[i].Do(req, res); err != nil {
					return err
				}
				if res.StatusCode() != status {
					return fmt.Errorf("%d %s", res.StatusCode(), res.Body())
				}
			}
			return nil
		})
	})
}
