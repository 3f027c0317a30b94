package clamd_test

import (
	"archive/zip"
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models/modelstest"
)

// TestClamAVFindsEICAR asks ClamAV itself, which knows one virus: the one that is none. In `make test` it looks at that, and at a tenth of the others.
func TestClamAVFindsEICAR(t *testing.T) {
	socket, tcp := clamAV(t, modelstest.Tool(t, "clamd", "clamav-daemon"))
	const found = "Eicar-Test.UNOFFICIAL"
	files := map[string]struct{ body, virus string }{
		"EICAR":                      {eicar, found},
		"behind a PDF's beginning":   {"%PDF-1.7\n1 0 obj\n" + eicar, found},
		"behind 9 MB of text":        {strings.Repeat("Antrag auf Änderung\n", 9<<20/21) + eicar, found},
		"packed into a document":     {archive(t, "word/document.xml", "<w:p/>", "word/media/a.bin", eicar), found},
		"packed twice":               {archive(t, "content.xml", archive(t, "a.bin", eicar)), found},
		"a clean text":               {"Antrag auf Änderung", ""},
		"a clean document":           {archive(t, "word/document.xml", "<w:p/>"), ""},
		"half of EICAR":              {eicar[:40], ""},
		"10 MB, as much as is taken": {strings.Repeat("x", 10<<20), ""},
		"nothing":                    {"", ""},
	}
	some := modelstest.Some(rand.New(rand.NewPCG(uint64(modelstest.Seed(t)), 39)), slices.Sorted(maps.Keys(files)))
	maps.DeleteFunc(files, func(name string, _ struct{ body, virus string }) bool {
		return name != "EICAR" && !slices.Contains(some, name)
	})
	for _, address := range []string{socket, tcp} {
		s := scanner(t, address)
		for name, f := range files {
			if virus, err := s.Scan(t.Context(), []byte(f.body)); err != nil || virus != f.virus {
				t.Errorf("%s: %q, want %q, %v", name, virus, f.virus, err)
			}
		}
		if virus, err := s.Scan(t.Context(), bytes.Repeat([]byte("x"), 12<<20)); err == nil {
			t.Errorf("what is larger than ClamAV takes is said to be clean: %q", virus)
		}
	}
	modelstest.Score(t, "S39", "files with and without EICAR (behind 9 MB, packed into a document, packed twice) that a ClamAV of its own has looked at", 2*len(files)+2,
		"each found, the others clean, what is too large for it not taken for clean")
}

// archive holds files packed: name, content, name, content …
func archive(t *testing.T, entries ...string) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := 0; i+1 < len(entries); i += 2 {
		w, err := z.Create(entries[i])
		if err == nil {
			_, err = io.WriteString(w, entries[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// clamAV runs ClamAV's daemon until the test ends, with a signature of our own, set up as the manual says.
func clamAV(t *testing.T, program string) (socket, tcp string) {
	t.Helper()
	dir := t.TempDir()
	port := freePort(t)
	ctl := filepath.Join(dir, "clamd.ctl")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("own.ndb", "Eicar-Test:0:*:"+hex.EncodeToString([]byte(eicar))+"\n")
	write("clamd.conf", fmt.Sprintf("Foreground yes\nDatabaseDirectory %s\nLocalSocket %s\nTCPSocket %s\nTCPAddr 127.0.0.1\nStreamMaxLength 11M\n", dir, ctl, port))
	cmd := exec.CommandContext(t.Context(), program, "--config-file="+filepath.Join(dir, "clamd.conf")) // ends with the test
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &said, &said, dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	for range 600 {
		if c, err := net.Dial("unix", ctl); err == nil {
			_ = c.Close()
			return "unix://" + ctl, "tcp://127.0.0.1:" + port
		}
		select {
		case <-ended:
			t.Fatalf("clamd: %s", said.Bytes())
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Fatal("clamd does not listen")
	return "", ""
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
