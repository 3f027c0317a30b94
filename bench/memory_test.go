package bench

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"formwandel/models/modelstest"
)

// BenchmarkMemory looks at what the real program keeps in memory: after it has
// started with the demonstration's data, at most while people file and read, and
// at most while many changes of 420 municipalities fall due at New Year.
func BenchmarkMemory(b *testing.B) {
	dir := b.TempDir()
	bin := filepath.Join(dir, "formwandel")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, "../app") // as it is delivered
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	addr := "127.0.0.1:18765"
	run := func(args ...string) *exec.Cmd {
		cmd := exec.Command(bin, args...)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "FORMWANDEL_DEMO_PASSWORD=long-enough", "FORMWANDEL_ADDR=" + addr}
		return cmd
	}
	must(b, run("seed").Run())
	token, err := run("token", "create", "--email", "sachbearbeitung@bautzen.example").Output()
	must(b, err)
	serve := run("serve")
	must(b, serve.Start())
	defer func() { _ = serve.Process.Kill(); _ = serve.Wait() }()
	for { // the framework's time limit ends this if it must
		if res, err := http.Get("http://" + addr + "/readyz"); err == nil {
			_ = res.Body.Close()
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(2 * time.Second) // it has nothing to do
	idle := memory(b, serve.Process.Pid, "VmRSS")
	load(b, addr, strings.TrimSpace(string(token)))
	most := memory(b, serve.Process.Pid, "VmHWM")
	for b.Loop() {
		continue // memory has no speed
	}
	b.ReportMetric(idle, "idle-MB")
	b.ReportMetric(most, "peak-MB")
	b.ReportMetric(0, "ns/op")
	row("memory with demo data, idle", fmt.Sprintf("%.0f MB", idle), "", "", "", "≤ 60 MB")
	row("memory while people file and read, peak", fmt.Sprintf("%.0f MB", most), "", "", "", "≤ 150 MB")
	n := size(10_000, 100_000)
	midnight := midnightMemory(b, bin, n)
	b.ReportMetric(midnight, "midnight-MB")
	row(fmt.Sprintf("memory while %d changes are applied, peak", n), fmt.Sprintf("%.0f MB", midnight), "", "", "", "≤ 150 MB")
}

// midnightMemory lets the real program apply n changes at New Year, while it writes their mails
// to files, and returns how much memory it had at most until the last one was applied, in megabytes.
func midnightMemory(b *testing.B, bin string, n int) float64 {
	b.Helper()
	d := newDue(b, "sqlite")
	modelstest.SetNow(b, d.Store, modelstest.Epoch)
	d.plant(b, n)
	dir := b.TempDir()
	must(b, os.Mkdir(filepath.Join(dir, "data"), 0o700))
	file := filepath.Join(dir, "data", "formwandel.db")
	d.load.exec(b, "VACUUM INTO '"+file+"'")
	serve := exec.Command(bin, "serve")
	serve.Dir = dir
	serve.Env = []string{"FORMWANDEL_ADDR=127.0.0.1:18766", "FORMWANDEL_ENV=rehearsal", "FORMWANDEL_CLOCK=2026-12-31T23:59:58+01:00"}
	must(b, serve.Start())
	defer func() { _ = serve.Process.Kill(); _ = serve.Wait() }()
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro&_pragma=busy_timeout(10000)")
	must(b, err)
	defer db.Close()
	for applied := 0; applied < n; time.Sleep(50 * time.Millisecond) { // the framework's time limit ends this if it must
		must(b, db.QueryRow(`SELECT count(*) FROM configurations WHERE cause = 'apply'`).Scan(&applied))
	}
	return memory(b, serve.Process.Pid, "VmHWM")
}

// memory reads one line of what the kernel knows about a process, in megabytes.
func memory(b testing.TB, pid int, name string) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(b, err)
	for line := range strings.Lines(string(status)) {
		var kb float64
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			_, err := fmt.Sscan(rest, &kb)
			must(b, err)
			return kb / 1024
		}
	}
	b.Fatalf("no %s", name)
	return 0
}

// load lets 16 people file and read 200 times each.
func load(b testing.TB, addr, token string) {
	b.Helper()
	var n atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	var call func(method, path string, body any) error
	call = func(method, path string, body any) error {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, method, "http://"+addr+path, bytes.NewReader(text))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", fmt.Sprint(n.Add(1)))
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode == http.StatusTooManyRequests { // sixteen times at once with one token is more than a person does
			time.Sleep(250 * time.Millisecond)
			return call(method, path, body)
		}
		if res.StatusCode >= 300 {
			return fmt.Errorf("%s %s: %s", method, path, res.Status)
		}
		return json.NewDecoder(res.Body).Decode(&map[string]any{})
	}
	together(b, 16, func(int) error {
		for i := range 200 {
			filing := map[string]any{"form": "14625020/KOMM24Geburtsurkunde", "effective": map[string]any{"kind": "from", "date": "2098-12-01"},
				"changes": []map[string]any{{"field": "gebuehren.erste", "new": 2100 + i}}, "submit": true}
			for _, err := range []error{
				call(http.MethodPost, "/api/v1/requests", filing),
				call(http.MethodGet, "/api/v1/requests", nil),
				call(http.MethodGet, "/api/v1/requests?q=Geb%C3%BChr", nil),
				call(http.MethodGet, "/public/v1/forms/14625020/KOMM24Geburtsurkunde", nil),
			} {
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}
