// Package handlers is the door to the outside for people and machines: HTTP.
// A handler binds, calls one verb of the store, replies.
package handlers

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/valyala/fasthttp"

	"formwandel/handlers/identity"
	"formwandel/models"
	"formwandel/templates"
)

// Config is what the door needs to know.
type Config struct {
	Store     *models.Store
	BaseURL   string   // the only source of links
	Hosts     []string // further names this server answers to, without port
	Version   string
	Rehearsal bool
	Log       *slog.Logger
	Ready     func() error   // what else must hold for /readyz; nil = nothing
	Proxies   []netip.Prefix // whose X-Forwarded-For is believed
	Rate      int            // what a person may spend a second on calls; 0 = no limit
	Scan      Scan           // looks into files before they are kept; nil = nobody does
	Metrics   *Metrics       // served elsewhere; nil = here, to this machine
	Now       func() time.Time
	Settings  []templates.Setting                      // as administration may read them
	Later     func(func())                             // does what no answer waits for; nil = beside, a few at a time
	Data      string                                   // folder with the installation's signing key
	Letters   func(context.Context, models.User) error // removes what lies in the data folder of letters that name a person; nil = none lie there
	Kept      func() ([]models.Checkpoint, error)      // checkpoints outside the database; nil = none
	Contact   string                                   // where finders of weaknesses write to: an address with its scheme; "" is nobody
	Policy    string                                   // where stands what they may try; "" is nowhere
	Beneath   bool                                     // names beneath this host's speak https only, too

	Identities identity.Providers // with whose accounts people may sign in, too
}

// Limits of what is read from the network.
const (
	maxBody       = models.MaxAttachment + 1<<20 // bytes of any body
	maxJSON       = 1 << 20                      // bytes of a JSON body
	maxDepth      = 32                           // nesting of a JSON body
	maxHeader     = 16 << 10
	maxCalls      = 100_000          // on one connection
	readTimeout   = 10 * time.Second // for head and small body; a large body has longer
	writeTimeout  = 30 * time.Second
	idleTimeout   = 60 * time.Second
	answerTimeout = 10 * time.Second // a request that the database can't answer by then is answered with "try again"
)

// door is what every handler shares.
type door struct {
	Config
	hosts     map[string]bool
	metrics   *Metrics
	party     *models.RelyingParty
	working   atomic.Int64 // how much is done beside the answers
	purses    *purses
	refusals  *purses                              // what an address may spend on being refused at length
	long      *gate                                // what takes long; a call weighs 1
	exports   *gate                                // the same of what takes longest
	bodies    *gate                                // bytes of large bodies of those who are known
	strangers *gate                                // the same, of everybody else
	fetched   *gate                                // bytes of files on their way out
	unlowered sync.Once                            // says that threads can't give way
	checking  sync.Mutex                           // one audit asked for on a page at a time
	checked   atomic.Pointer[templates.TrailCheck] // what the last one has found
}

// New builds the HTTP server.
func New(c Config) (*fiber.App, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	d := &door{Config: c, hosts: map[string]bool{base.Hostname(): true}, metrics: c.Metrics, purses: newPurses(c.Rate), refusals: newPurses(refusalRate),
		long: newGate(places(), max(1, places()/2)), exports: newGate(places(), max(1, places()/2)), bodies: newGate(48<<20, 24<<20), strangers: newGate(8<<20, 1<<20), fetched: newGate(60<<20, 20<<20)}
	if d.metrics == nil {
		d.metrics = NewMetrics(c.Store)
	}
	if d.party, err = models.NewRelyingParty(c.BaseURL); err != nil {
		return nil, err
	}
	for _, h := range c.Hosts {
		d.hosts[h] = true
	}
	app := fiber.New(fiber.Config{
		AppName: "Formwandel", ServerHeader: "", DisableStartupMessage: true,
		Immutable:     true, // Fiber reuses its buffers: a string kept after the handler would change
		CaseSensitive: true, StrictRouting: true,
		BodyLimit: maxBody, ReadBufferSize: maxHeader, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		DisablePreParseMultipartForm: true, // only who may attach has a form parsed
		StreamRequestBody:            true, // a body is read when it is known who sends it
		EnableTrustedProxyCheck:      true, // X-Forwarded-* is believed from nobody; guard reads the address
		ErrorHandler:                 d.fail,
	})
	app.Use(recover.New(recover.Config{EnableStackTrace: true, StackTraceHandler: d.panicked}), d.guard)
	app.Server().MaxRequestsPerConn = maxCalls
	app.Server().Handler = knownMethods(app)
	d.routes(app)
	return app, nil
}

// places is how much of what takes long goes on at once, and of what takes longest: one for each two processors.
func places() int64 { return int64(max(1, models.Processors()/2)) }

// knownMethods lets a method that the framework has never heard of be answered as one that
// no address has: the framework itself would answer it undressed, before any guard.
func knownMethods(app *fiber.App) fasthttp.RequestHandler {
	next, known := app.Server().Handler, app.Config().RequestMethods
	return func(c *fasthttp.RequestCtx) {
		if !slices.Contains(known, string(c.Method())) {
			c.Request.Header.SetMethod(fiber.MethodTrace)
			c.SetConnectionClose() // nobody knows whether a body follows
		}
		next(c)
	}
}

// dress sets the headers that every answer has.
func (d *door) dress(c *fiber.Ctx) {
	h := &c.Response().Header
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	if d.secure() {
		h.Set("Strict-Transport-Security", d.hsts())
	}
	if d.Rehearsal {
		h.Set("Formwandel-Rehearsal", "true")
	}
}

// guard refuses what no handler should see.
func (d *door) guard(c *fiber.Ctx) error {
	d.dress(c)
	leaveOutside(c)
	c.Context().SetRemoteAddr(d.caller(c))
	if !unambiguous(&c.Request().Header) {
		c.Context().SetConnectionClose()
		return fiber.ErrBadRequest
	}
	if len(c.Request().Header.PeekAll(fiber.HeaderContentEncoding)) > 0 {
		return &models.Error{Kind: models.Unsupported, Code: "content_encoding"} // inflating it would know no bound
	}
	if c.Request().Header.ContentLength() > maxBody {
		return fiber.ErrRequestEntityTooLarge
	}
	if !d.knownHost(string(c.Request().Host())) {
		return &models.Error{Kind: models.Malformed, Code: "unknown_host"}
	}
	return c.Next()
}

// knownHost tells whether a Host header names this server. Probes of
// operators come by address.
func (d *door) knownHost(host string) bool {
	if d.hosts[host] {
		return true
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	return d.hosts[name] || d.hosts[strings.ToLower(name)] || isLoopback(name)
}

func isLoopback(name string) bool {
	ip := net.ParseIP(name)
	return name == "localhost" || (ip != nil && ip.IsLoopback())
}

// patience gives a request's context an end.
func (d *door) patience(c *fiber.Ctx) error {
	defer giveTime(c)()
	return c.Next()
}

// giveTime lets the time to answer a request begin now.
func giveTime(c *fiber.Ctx) (end context.CancelFunc) {
	ctx, end := context.WithTimeout(context.Background(), answerTimeout)
	c.SetUserContext(ctx)
	return end
}

// panicked logs a panic with its stack; the caller gets a 500 with an id.
func (d *door) panicked(c *fiber.Ctx, e any) {
	d.Log.Error("panic", "error", e, "path", c.Route().Path)
}

// hsts is how long browsers shall speak https only, and with whom.
func (d *door) hsts() string {
	if d.Beneath {
		return "max-age=31536000; includeSubDomains"
	}
	return "max-age=31536000"
}
