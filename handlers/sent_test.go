package handlers

import (
	"bytes"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"formwandel/models"
)

// TestALargeFileLeavesTimeToOthers: it arrives whole, at the pace that is set, whatever the pieces in which it is read; its place is freed.
func TestALargeFileLeavesTimeToOthers(t *testing.T) {
	for _, piece := range []int{1 << 10, 4 << 10, 32 << 10, 1 << 20} {
		synctest.Test(t, func(t *testing.T) {
			begun, left, body := time.Now(), 0, bytes.Repeat([]byte("0123456789abcdef"), models.MaxAttachment/16)
			s := &sent{Reader: bytes.NewReader(body), leave: func() { left++ }}
			var got bytes.Buffer
			_, err := io.CopyBuffer(struct{ io.Writer }{&got}, s, make([]byte, piece))
			if err != nil || !bytes.Equal(got.Bytes(), body) {
				t.Fatalf("%d bytes arrive, %v", got.Len(), err)
			}
			took, least := time.Since(begun), time.Duration(len(body)-smallFile-piece)*time.Second/fastest
			if most := time.Duration(len(body)) * time.Second / fastest; took < least || took > most {
				t.Errorf("in pieces of %d bytes it takes %s, want %s to %s", piece, took, least, most)
			}
			if err := s.Close(); err != nil || left != 1 {
				t.Errorf("its place is freed %d times, %v", left, err)
			}
		})
	}
}
