package models_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"formwandel/models"
)

// TestADamagedKeyIsNotSkipped: renewing says so, changes nothing and leaves no file; moved away, the key is elsewhere.
func TestADamagedKeyIsNotSkipped(t *testing.T) {
	look(t, func(b *behind) {
		dir := b.TempDir()
		b.must(last(b.s.Checkpoint(ctx, dir, "")))
		key := b.keysIn(dir)[0]
		b.must(os.WriteFile(key, []byte("-----BEGIN"), 0o600))
		err := last(b.s.RenewSigningKey(ctx, dir))
		if err == nil || errors.Is(err, models.ErrKeyElsewhere) || !strings.Contains(err.Error(), key) {
			b.Errorf("with a damaged key: %v", err)
		}
		if now := b.keysIn(dir); len(now) != 1 {
			b.Errorf("left behind: %v", now)
		}
		if n := b.number("SELECT count(*) FROM signing_keys WHERE retired_at IS NULL"); n != 1 || b.number("SELECT count(*) FROM signing_keys") != 1 {
			b.Errorf("%d keys sign", n)
		}
		b.must(os.Remove(key))
		b.must(last(b.s.RenewSigningKey(ctx, dir)))
		b.must(last(b.s.Checkpoint(ctx, dir, "")))
		if n := b.number("SELECT count(*) FROM checkpoints"); n != 2 {
			b.Errorf("%d checkpoints, want 2: a key that is not here signs none", n)
		}
	})
}

// keysIn are the files of signing keys in a folder.
func (b *behind) keysIn(dir string) []string {
	b.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "checkpoints-*.key"))
	b.must(err)
	return files
}

// TestKeysAreWrittenOneWay: what the database names afterwards is on disk, and in nobody's place.
func TestKeysAreWrittenOneWay(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") && strings.Contains(string(text), "os.WriteFile(") {
			t.Errorf("%s writes a file that may be gone after the power was: writePrivate is for that", name)
		}
	}
	dir := t.TempDir()
	for name, want := range map[string]bool{"key": true, "none/key": false} {
		if err := models.WritePrivate(filepath.Join(dir, name), []byte("k")); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := models.WritePrivate(filepath.Join(dir, "key"), []byte("another")); !errors.Is(err, os.ErrExist) {
		t.Errorf("a key is replaced: %v", err)
	}
}
