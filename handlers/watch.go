package handlers

import (
	"context"
	_ "embed"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"formwandel/handlers/lobby"
	"formwandel/models"
)

//go:embed openapi.json
var openAPIDocument []byte

// openAPI describes the API (3.1).
func (d *door) openAPI(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "application/json; charset=utf-8")
	return c.Send(openAPIDocument)
}

// healthz says that the process lives.
func (d *door) healthz(c *fiber.Ctx) error { return c.SendString("ok\n") }

// readyz says whether requests can be answered now.
func (d *door) readyz(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	err := d.Store.Ping(ctx)
	if err == nil && d.Ready != nil {
		err = d.Ready()
	}
	if err != nil {
		d.Log.Warn("not ready", "error", err)
		return &models.Error{Kind: models.Busy, Code: "not_ready"}
	}
	return c.SendString("ready\n")
}

// Metrics counts what operators watch; nothing in it names a person or a value.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// NewMetrics begins to count.
func NewMetrics(s *models.Store) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "formwandel_http_requests_total", Help: "API requests answered."}, []string{"method", "route", "status"}),
		seconds:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "formwandel_http_request_seconds", Help: "Time to answer an API request.", Buckets: prometheus.ExponentialBuckets(0.001, 3, 9)}, []string{"method", "route"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &backlog{s})
	return m
}

// Handler shows the counts, and nothing else.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// forwarded are the headers with which a proxy says that it asks for somebody else; those that begin with x-forwarded- do, too.
var forwarded = []string{"forwarded", "x-real-ip", "via"}

// isForwarded tells whether a proxy has passed a request on.
func isForwarded(c *fiber.Ctx) bool {
	for name := range c.Request().Header.All() {
		if low := strings.ToLower(string(name)); strings.HasPrefix(low, "x-forwarded-") || slices.Contains(forwarded, low) {
			return true
		}
	}
	return false
}

// showMetrics shows the counts to this machine, by its address; for everybody
// else, and behind a proxy, there is no such page.
func (d *door) showMetrics(c *fiber.Ctx) error {
	peer, at := lobby.AddrOf(c.Context().Conn().RemoteAddr()), strings.ToLower(string(c.Request().Host()))
	if h, _, err := net.SplitHostPort(at); err == nil {
		at = h
	}
	if d.Config.Metrics != nil || !peer.IsLoopback() || !isLoopback(strings.Trim(at, "[]")) || isForwarded(c) {
		return &models.Error{Kind: models.NotFound, Code: "not_found"}
	}
	return adaptor.HTTPHandler(d.metrics.Handler())(c)
}

// observe counts an API request by its route, never by its path.
func (d *door) observe(c *fiber.Ctx) error {
	start := d.Now()
	err := c.Next()
	status := c.Response().StatusCode()
	if err != nil {
		if err := d.fail(c, err); err != nil {
			return err
		}
		status = c.Response().StatusCode()
	}
	took := d.Now().Sub(start)
	route := c.Route().Path
	d.metrics.requests.WithLabelValues(c.Method(), route, strconv.Itoa(status)).Inc()
	d.metrics.seconds.WithLabelValues(c.Method(), route).Observe(took.Seconds())
	d.Log.Debug("answered", "method", c.Method(), "route", route, "status", status, "took", took)
	return nil
}

// backlog asks the store for what waits, when it is asked.
type backlog struct{ store *models.Store }

var (
	mailsWaiting = prometheus.NewDesc("formwandel_mails_waiting", "Mails not accepted by a server yet.", nil, nil)
	mailsRefused = prometheus.NewDesc("formwandel_mails_refused", "Mails refused for good.", nil, nil)
	overdueSteps = prometheus.NewDesc("formwandel_due_lag_seconds", "How long the longest overdue step of the clock has waited.", nil, nil)
)

// Describe implements prometheus.Collector.
func (b *backlog) Describe(out chan<- *prometheus.Desc) {
	out <- mailsWaiting
	out <- mailsRefused
	out <- overdueSteps
}

// Collect implements prometheus.Collector.
func (b *backlog) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	k, err := b.store.Backlog(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(mailsWaiting, err)
		return
	}
	out <- prometheus.MustNewConstMetric(mailsWaiting, prometheus.GaugeValue, float64(k.MailsWaiting))
	out <- prometheus.MustNewConstMetric(mailsRefused, prometheus.GaugeValue, float64(k.MailsRefused))
	out <- prometheus.MustNewConstMetric(overdueSteps, prometheus.GaugeValue, k.DueLag.Seconds())
}
