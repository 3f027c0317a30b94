package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMemoryLimits(t *testing.T) {
	for name, c := range map[string]struct {
		membership string
		files      map[string]string
		want       int64
	}{
		"version 2":              {"0::/system.slice/fw.service\n", map[string]string{"system.slice/fw.service/memory.max": "268435456\n"}, 268435456},
		"version 2, a container": {"0::/\n", map[string]string{"memory.max": "268435456\n"}, 268435456},
		"version 2, no limit":    {"0::/x\n", map[string]string{"x/memory.max": "max\n"}, 0},
		"version 1":              {"5:cpu:/a\n4:memory:/b\n0::/\n", map[string]string{"memory/b/memory.limit_in_bytes": "268435456\n"}, 268435456},
		"version 1, a container": {"4:memory:/docker/abc\n", map[string]string{"memory/memory.limit_in_bytes": "268435456\n"}, 268435456},
		"version 1, no limit":    {"4:memory:/\n", map[string]string{"memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0},
		"nothing":                {"", nil, 0},
	} {
		root := t.TempDir()
		for path, text := range c.files {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, path), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		member := filepath.Join(root, "membership")
		if err := os.WriteFile(member, []byte(c.membership), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := memoryLimit(member, root); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if memoryLimit("/nowhere", "/nowhere") != 0 {
		t.Error("a machine without control groups has no limit")
	}
}
