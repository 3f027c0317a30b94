package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"formwandel/handlers/clamd"
	"formwandel/handlers/lobby"
)

// How many connections are kept: of everybody, and of one address that is
// neither a trusted proxy nor this machine.
const (
	mostGuests     = 2048
	guestsOfOne    = 256
	metricsTimeout = 10 * time.Second
)

// guests is a listener that slow and many clients do not fill.
func (a *App) guests(l net.Listener) net.Listener {
	return lobby.New(l, lobby.Limits{All: mostGuests, Each: guestsOfOne, Trusted: func(at netip.Addr) bool { return at.IsLoopback() || a.Config.trusts(at) }})
}

// trusts tells whether an address is one of the operator's proxies.
func (c *Config) trusts(at netip.Addr) bool {
	return slices.ContainsFunc(c.proxies, func(p netip.Prefix) bool { return p.Contains(at) })
}

// watch shows the metrics on an address of their own, if there is one.
func (a *App) watch() error {
	if a.Config.MetricsAddr == "" {
		return nil
	}
	l, err := net.Listen("tcp", a.Config.MetricsAddr)
	if err != nil {
		return fmt.Errorf("%sMETRICS_ADDR: %w", prefix, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.Handler())
	a.watched = &http.Server{Handler: mux, ReadTimeout: metricsTimeout, WriteTimeout: metricsTimeout, IdleTimeout: time.Minute}
	a.workers.Go(func() {
		if err := a.watched.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.Log.Error("the metrics stopped", "error", err)
		}
	})
	return nil
}

// unwatch ends what watch has begun.
func (a *App) unwatch() error {
	if a.watched == nil {
		return nil
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	return a.watched.Shutdown(ctx)
}

const wantRate = "want how many calls a second one person may make, for example 2000, 0 for as many as they like"

func checkDoorstep(c *Config) error {
	for text := range strings.SplitSeq(c.TrustedProxies, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		p, err := netip.ParsePrefix(text)
		if at, alone := netip.ParseAddr(text); err != nil && alone == nil {
			p, err = at.Prefix(at.BitLen())
		}
		if err != nil || p.Bits() == 0 {
			return wrong("TRUSTED_PROXIES", text, "want addresses or networks with commas between them, for example 10.1.2.3,2001:db8::/64; never everybody")
		}
		c.proxies = append(c.proxies, p.Masked())
	}
	if c.MetricsAddr != "" {
		if _, port, err := net.SplitHostPort(c.MetricsAddr); err != nil || port == "" || c.MetricsAddr == c.Addr {
			return wrong("METRICS_ADDR", c.MetricsAddr, "want host:port, another one than "+prefix+"ADDR, for example 127.0.0.1:9100")
		}
	}
	if c.ClamAV != "" {
		s, err := clamd.Parse(c.ClamAV)
		if err != nil {
			return wrong("CLAMAV", c.ClamAV, err.Error())
		}
		c.scan = s.Scan
	}
	if c.Rate < 0 {
		return wrong("RATE", fmt.Sprint(c.Rate), wantRate)
	}
	return nil
}
