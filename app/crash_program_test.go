package main_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"formwandel/models/modelstest"
)

// patience is how long a test waits for what must happen by itself. No test
// says how long anything takes; this only ends one that hangs.
const patience = 2 * time.Minute

// program is the real binary with its settings.
type program struct {
	testing.TB
	bin, dir, database string
	settings           []string
}

// build builds the binary once for all stories of a test.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "formwandel")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// newProgram is an installation with demo data in a folder of its own; an
// empty database means a SQLite file there.
func newProgram(t testing.TB, bin, database string, settings ...string) *program {
	t.Helper()
	dir := t.TempDir()
	if database == "" {
		database = "sqlite://" + filepath.Join(dir, "formwandel.db")
	}
	p := &program{TB: t, bin: bin, dir: dir, database: database, settings: settings}
	p.run("seed")
	return p
}

// env are the settings of one start, nothing of the machine's own.
func (p *program) env(more ...string) []string {
	out := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "FORMWANDEL_DATA=" + filepath.Join(p.dir, "data"),
		"FORMWANDEL_DATABASE_URL=" + p.database, "FORMWANDEL_DEMO_PASSWORD=long-enough", "FORMWANDEL_BASE_URL=http://formwandel.example",
	}
	return append(append(out, p.settings...), more...)
}

// run runs a command to its end and returns what it printed.
func (p *program) run(args ...string) string {
	p.Helper()
	out, err := p.try(args...)
	if err != nil {
		p.Fatalf("formwandel %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (p *program) try(args ...string) (string, error) {
	cmd := exec.Command(p.bin, args...)
	cmd.Env, cmd.Dir = p.env(), p.dir
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		out = append(out, exit.Stderr...)
	}
	return string(out), err
}

// token is a person's token.
func (p *program) token(email string) string {
	p.Helper()
	return strings.TrimSpace(p.run("token", "create", "--email", email))
}

// server is one running `serve`.
type server struct {
	*program
	addr    string
	cmd     *exec.Cmd
	started time.Time
	log     lockedBuffer
	ready   chan struct{} // closed when it has said so
	ended   chan struct{} // closed when the process is gone
	err     error
}

// lockedBuffer keeps what a process has written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve starts a server and does not wait for it.
func (p *program) serve(addr string, settings ...string) *server {
	p.Helper()
	s := &server{program: p, addr: addr, ready: make(chan struct{}), ended: make(chan struct{}), started: time.Now()}
	s.cmd = exec.Command(p.bin, "serve")
	s.cmd.Env, s.cmd.Dir, s.cmd.Stderr = p.env(append(settings, "FORMWANDEL_ADDR="+addr)...), p.dir, &s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		p.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		<-s.ended
		modelstest.LooksThrough(p, strings.NewReader(s.log.String()))
	})
	go s.watch(bufio.NewScanner(out))
	return s
}

func (s *server) watch(lines *bufio.Scanner) {
	for lines.Scan() {
		if strings.Contains(lines.Text(), " ready on http") {
			close(s.ready)
			break
		}
	}
	for lines.Scan() {
		continue
	}
	s.err = s.cmd.Wait()
	close(s.ended)
}

// said waits until the server says that it is ready.
func (s *server) said() *server {
	s.Helper()
	select {
	case <-s.ready:
	case <-s.ended:
		s.Fatalf("the server ended by itself: %v\n%s", s.err, s.log.String())
	case <-time.After(patience):
		s.Fatalf("the server is not ready\n%s", s.log.String())
	}
	return s
}

// wait waits until the server answers.
func (s *server) wait() *server {
	s.Helper()
	s.said()
	res, err := http.Get("http://" + s.addr + "/readyz")
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		s.Fatalf("readyz: %s", res.Status)
	}
	return s
}

// kill ends the server as a power failure would: without a word.
func (s *server) kill() {
	s.Helper()
	select {
	case <-s.ended:
		s.Fatalf("the server ended by itself: %v\n%s", s.err, s.log.String())
	default:
	}
	_ = s.cmd.Process.Kill() // it may have ended this very moment
	<-s.ended
}

// stop asks the server to finish and expects it to say that all went well.
func (s *server) stop() {
	s.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.Fatal(err)
	}
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.Fatalf("the server does not stop\n%s", s.log.String())
	}
	if s.err != nil {
		s.Fatalf("after SIGTERM: %v\n%s", s.err, s.log.String())
	}
}

// freeAddr is an address to listen on, the same after every restart.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// eventually waits for something that must happen by itself.
func eventually(t testing.TB, what string, holds func() (bool, string)) {
	t.Helper()
	var last string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var ok bool
		if ok, last = holds(); ok {
			return
		}
	}
	t.Fatalf("%s: never (%s)", what, last)
}

func say(format string, args ...any) string { return fmt.Sprintf(format, args...) }
