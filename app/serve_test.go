package main_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func newOfficeClient() *http.Client { return &http.Client{Timeout: patience} }

// try makes a call, whatever comes of it.
func (o *office) try(c call) *reply {
	o.Helper()
	r, err := o.send(o.addrs[0], c)
	if err != nil {
		o.Fatal(err)
	}
	return r
}

// TestServeSaysOneLine: when it is ready to answer, and nothing else on standard output.
func TestServeSaysOneLine(t *testing.T) {
	p := newProgram(t, built, "")
	addr := freeAddr(t)
	cmd := exec.Command(built, "serve")
	cmd.Env, cmd.Dir = p.env("FORMWANDEL_ADDR="+addr, "FORMWANDEL_LOG=json"), p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var log lockedBuffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "formwandel ") || !strings.HasSuffix(line, " ready on http://"+addr+"\n") {
		t.Errorf("%q, %v", line, err)
	}
	res, err := http.Get("http://" + addr + "/healthz") // at once: it is ready
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close() // only the status counts
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(lines)
	if err != nil || len(rest) != 0 {
		t.Errorf("more on standard output: %q, %v", rest, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, log.String())
	}
	for line := range strings.Lines(log.String()) {
		if !strings.HasPrefix(line, "{") || !strings.HasSuffix(line, "}\n") {
			t.Errorf("no JSON in the log: %q", line)
		}
	}
}

// TestOneServerPerFile: a second server on the same SQLite file is refused; commands work beside the first.
func TestOneServerPerFile(t *testing.T) {
	p := newProgram(t, built, "")
	s := p.serve(freeAddr(t)).wait()
	p.command([]string{"FORMWANDEL_ADDR=" + freeAddr(t)}, "serve").refused(1, "in use")
	p.command(nil, "audit", "verify").ok()
	p.command(nil, "backup", filepath.Join(p.dir, "backup")).ok()
	p.command(nil, "restore", filepath.Join(p.dir, "backup")).refused(1, "in use")
	s.stop()
	p.serve(freeAddr(t)).wait().stop()
	p.serve(freeAddr(t)).wait().kill()
	p.serve(freeAddr(t)).wait().stop() // the lock went with the process
}

// TestTakenAddress: an address that somebody else has is named.
func TestTakenAddress(t *testing.T) {
	p := newProgram(t, built, "")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p.command([]string{"FORMWANDEL_ADDR=" + l.Addr().String()}, "serve").refused(1, "FORMWANDEL_ADDR")
}

// TestStopFinishesWhatHasBegun: a request that is half sent when the stop comes is still answered, and kept.
func TestStopFinishesWhatHasBegun(t *testing.T) {
	p := newProgram(t, built, "")
	token := p.token("sachbearbeitung@bautzen.example")
	s := p.serve(freeAddr(t)).wait()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	body := `{"form":"14625020/KOMM24Geburtsurkunde","effective":{"kind":"by","date":"2099-01-01"},"changes":[{"field":"gebuehren.erste","new":2500}],"submit":true}`
	if _, err := fmt.Fprintf(c, "POST /api/v1/requests HTTP/1.1\r\nHost: formwandel.example\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", token, len(body), body[:10]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server has taken the connection", func() (bool, string) { // an answered one behind it: the first is open, too
		res, err := http.Get("http://" + s.addr + "/healthz")
		if err != nil {
			return false, err.Error()
		}
		return res.Body.Close() == nil, ""
	})
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nobody new is let in", func() (bool, string) {
		n, err := net.Dial("tcp", s.addr)
		if err != nil {
			return true, ""
		}
		return false, fmt.Sprint(n.Close())
	})
	if _, err := io.WriteString(c, body[10:]); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || res.StatusCode != http.StatusCreated {
		t.Fatalf("%v, %v\n%s", res, err, s.log.String())
	}
	<-s.ended
	if s.err != nil {
		t.Errorf("after SIGTERM: %v\n%s", s.err, s.log.String())
	}
	if out := p.run("export"); !strings.Contains(out, "KA-"+time.Now().In(time.UTC).Format("2006")) {
		t.Error("the acknowledged request is not in the records")
	}
}

// TestFilesAreTheOperators: nobody else on the machine reads the records.
func TestFilesAreTheOperators(t *testing.T) {
	p := newProgram(t, built, "")
	p.serve(freeAddr(t)).wait().stop()
	p.command(nil, "backup", filepath.Join(p.dir, "backup")).ok()
	p.command(nil, "export", filepath.Join(p.dir, "export.jsonl")).ok()
	err := filepath.WalkDir(p.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == p.dir {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
