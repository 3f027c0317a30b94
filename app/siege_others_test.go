package main_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"formwandel/models/modelstest"
)

// others are people who work while somebody else makes trouble.
type others struct {
	t      testing.TB
	stop   context.CancelFunc
	wg     sync.WaitGroup
	mu     sync.Mutex
	took   []time.Duration
	failed []string
}

// work begins: a stranger's page, what form runtimes read, a look into the queue, each with a token's person.
func work(t testing.TB, addr, token string) *others {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	o := &others{t: t, stop: stop}
	client := &http.Client{Timeout: 20 * time.Second}
	for _, path := range []string{"/anmelden", "/public/v1/forms/14625020/KOMM24Geburtsurkunde", "/api/v1/requests?limit=20", "/api/v1/me"} {
		o.wg.Go(func() {
			for ctx.Err() == nil {
				o.ask(ctx, client, "http://"+addr+path, token)
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	return o
}

// calm is how others work while nobody makes trouble.
func calm(t testing.TB, addr, token string) (n int, p95 time.Duration) {
	t.Helper()
	o := work(t, addr, token)
	time.Sleep(time.Duration(modelstest.Share(10)+2) * time.Second)
	return o.end("before")
}

func (o *others) ask(ctx context.Context, client *http.Client, url, token string) {
	req, err := http.NewRequest(http.MethodGet, url, http.NoBody)
	if err != nil {
		o.t.Error(err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+token)
	begun := time.Now()
	res, err := client.Do(req)
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close() // it has been read
		if err == nil && res.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s", url, res.Status)
		}
	}
	if ctx.Err() != nil && err != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.took = append(o.took, time.Since(begun))
	if err != nil {
		o.failed = append(o.failed, err.Error())
	}
}

// end ends their work: all of them were answered. It tells how often, and the 95th percentile.
func (o *others) end(what string) (n int, p95 time.Duration) {
	o.t.Helper()
	o.stop()
	o.wg.Wait()
	if len(o.failed) > 0 {
		o.t.Errorf("%s: %d of %d of other people's calls failed, first %s", what, len(o.failed), len(o.took), o.failed[0])
	}
	if len(o.took) < 8 {
		o.t.Errorf("%s: others were answered %d times only", what, len(o.took))
		return len(o.took), 0
	}
	slices.Sort(o.took)
	return len(o.took), o.took[len(o.took)*95/100].Round(100 * time.Microsecond)
}
