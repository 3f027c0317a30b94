package modelstest

import (
	"bytes"
	"io"
	"testing"
)

// Packed is n zero bytes as a compressor makes them: little that becomes much.
func Packed(t *testing.T, n int, pack func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := pack(&out)
	for block := make([]byte, 1<<20); n > 0 && err == nil; n -= len(block) {
		_, err = w.Write(block)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
