// Package e2e tells the product's stories with the real program and a real browser.
package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"formwandel/models/modelstest"
)

// demoPassword opens every account of the demonstration.
const demoPassword = "Kennwort der Probe"

var (
	binary  string          // of the program, built once
	browser context.Context // Chromium, started once
)

func TestMain(m *testing.M) { os.Exit(modelstest.ScoreLogs("all tests of e2e", withBrowser(m))) }

// withBrowser builds the program and starts Chromium for all stories.
func withBrowser(m *testing.M) int {
	dir, err := os.MkdirTemp("", "formwandel-e2e-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "formwandel")
	if out, err := exec.Command("go", "build", "-o", binary, "../app").CombinedOutput(); err != nil {
		fmt.Printf("go build: %v\n%s", err, out)
		return 1
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(filepath.Join(dir, "chromium")),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(time.Minute), chromedp.Flag("host-resolver-rules", "MAP "+evil+" ~NOTFOUND"))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	var end context.CancelFunc
	browser, end = chromedp.NewContext(allocator) //nolint:fatcontext // one browser for all stories, started here
	defer end()
	if err := chromedp.Do(browser, chromedp.Navigate("about:blank")); err != nil {
		fmt.Println("Chromium does not start (apt-get install chromium):", err)
		return 1
	}
	return m.Run()
}

// house is an installation with the demonstration's data and a server of its own.
type house struct {
	*testing.T
	dir, url string
	env      []string
	server   *exec.Cmd
}

// newHouse starts a server; settings are more of the environment, such as "FORMWANDEL_CLOCK=…".
func newHouse(t *testing.T, settings ...string) *house {
	t.Helper()
	h := &house{T: t, dir: t.TempDir()}
	h.env = append(os.Environ(), append([]string{
		"FORMWANDEL_DATA=" + h.dir, "FORMWANDEL_DATABASE_URL=sqlite://" + filepath.Join(h.dir, "formwandel.db"), "FORMWANDEL_ADDR=127.0.0.1:0",
		"FORMWANDEL_DEMO_PASSWORD=" + demoPassword, "FORMWANDEL_TEAM_MAIL=antragsmanagement@kisa.example",
	}, settings...)...)
	h.run("seed")
	h.serve()
	t.Cleanup(h.stop)
	return h
}

// run runs a command of the program to its end and returns what it printed.
func (h *house) run(args ...string) string {
	h.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = h.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		h.Fatalf("formwandel %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// serve starts the server and waits for the line that says where.
func (h *house) serve() {
	h.Helper()
	h.server = exec.Command(binary, "serve")
	h.server.Env = h.env
	log, err := os.Create(filepath.Join(h.dir, "log"))
	if err != nil {
		h.Fatal(err)
	}
	h.server.Stderr = log
	out, err := h.server.StdoutPipe()
	if err != nil {
		h.Fatal(err)
	}
	if err := h.server.Start(); err != nil {
		h.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	_, address, found := strings.Cut(strings.TrimSpace(line), "ready on ")
	if err != nil || !found {
		h.Fatalf("the server says %q (%v): %s", line, err, h.log())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // nothing more is expected
	h.url = address
}

func (h *house) log() string {
	text, _ := os.ReadFile(filepath.Join(h.dir, "log"))
	return string(text)
}

// stop ends the server as an operator does, and expects nothing to complain about in its log.
func (h *house) stop() {
	_ = h.server.Process.Signal(syscall.SIGTERM)
	_ = h.server.Wait() // its end is all that matters
	modelstest.LooksThrough(h, strings.NewReader(h.log()), demoPassword)
	for line := range strings.Lines(h.log()) {
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, "panic") {
			h.Errorf("the server logged: %s", line)
		}
	}
}

// eventually waits until a condition holds; time is what the clock and the mail worker need, not what is measured.
func (h *house) eventually(what string, holds func() bool) {
	h.Helper()
	for range 200 {
		if holds() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	h.Fatalf("never: %s", what)
}

// fetch reads a public address past the browser.
func (h *house) fetch(path string) string {
	h.Helper()
	res, err := http.Get(h.url + path)
	if err != nil {
		h.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		h.Fatal(err)
	}
	return string(body)
}
