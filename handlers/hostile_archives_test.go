package handlers_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"runtime"
	"strings"
	"testing"

	. "formwandel/models/modelstest"
)

// TestArchivesThatSwellToGigabytes: an office document of a few kilobytes that becomes 4 GB
// wherever it is unpacked is refused, without a temporary file and without much memory.
func TestArchivesThatSwellToGigabytes(t *testing.T) {
	const whole = 4 << 10 // MB
	s := newSiege(t)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	small := shared(t, "word/docu%04d.xml", 1, 1)
	if len(shared(t, "word/docu%04d.xml", 16, 256)) > 42_000 {
		t.Error("the bomb is larger than 42 kB")
	}
	s.attach(s.Clerk, s.number, []part{{"file", "brief.docx", string(small)}}).is(201).has("name", "brief.docx")
	bombs := map[string][]byte{
		"one entry":                        swelling(t, whole, whole<<20),
		"one entry that says 1 byte":       swelling(t, whole, 1),
		"one entry that says 100 MB":       swelling(t, whole, 100<<20),
		"256 entries that share 16 MB":     shared(t, "word/docu%04d.xml", 16, 256),
		"4096 entries that share 1 MB":     shared(t, "word/docu%04d.xml", 1, 4096),
		"an archive in the document":       nested(t, shared(t, "word/docu%04d.xml", 16, 256)),
		"a table of entries that share":    shared(t, "xl/sheets/s%04d.xml", 16, 256),
		"two entries that share 2 GB":      shared(t, "word/docu%04d.xml", whole/2, 2),
		"64 entries that share 64 MB":      shared(t, "word/docu%04d.xml", whole/64, 64),
		"one entry, the end of it cut off": swelling(t, whole, whole<<20)[:1<<20],
	}
	most := 0
	for name, bomb := range bombs {
		// what is nothing but an upload of that size, and refused at once, tells what the look into the archive takes
		plain := s.taken(name+", as bytes", strings.Repeat("\x00", len(bomb)), "attachment_type")
		looked := s.taken(name, string(bomb), "archive_unsafe")
		if most = max(most, looked-plain); looked-plain > 8<<20 {
			t.Errorf("to look into %s took %d MB more than the %d MB of the upload itself", name, (looked-plain)>>20, plain>>20)
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("temporary files: %v, %v", left, err)
	}
	Score(t, "S39", "office documents that swell to 4 GB, the smallest from 42 kB (packed, lying about it, entries that share data, an archive in it)", len(bombs),
		fmt.Sprintf("all refused, no temporary file, to look into each took at most %d kB of memory beside the upload", most>>10))
}

// taken uploads a document, which is refused with a code, and tells how many bytes of memory were taken for it, given back or not.
func (s *siege) taken(name, content, code string) int {
	s.Helper()
	form, kind := s.form(part{"file", "brief.docx", content})
	attacks := []attack{{name, call{s.Clerk, "POST", s.path + "/attachments", form, []string{"Content-Type", kind}}, 415, code}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s.repel(attacks)
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// zeros is a deflated run of so many MB of zero bytes, and its checksum: it is the same piece again and again.
func zeros(t *testing.T, mb int) (deflated []byte, sum uint32) {
	t.Helper()
	block := make([]byte, 1<<20)
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]int
	for i := range ends {
		if _, err := w.Write(block); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		ends[i] = out.Len()
	}
	all := out.Bytes()
	deflated = append(bytes.Clone(all[:ends[0]]), bytes.Repeat(all[ends[0]:ends[1]], mb-1)...)
	for range mb {
		sum = crc32.Update(sum, crc32.IEEETable, block)
	}
	return append(deflated, 0x01, 0x00, 0x00, 0xff, 0xff), sum // an empty last block
}

// document is an archive that begins as a word processor's does, with one entry packed beforehand.
func document(t *testing.T, h zip.FileHeader, packed []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create("[Content_Types].xml")
	if err == nil {
		_, err = w.Write([]byte("<Types/>"))
	}
	if err != nil {
		t.Fatal(err)
	}
	h.Method, h.CompressedSize64 = zip.Deflate, uint64(len(packed))
	if w, err = z.CreateRaw(&h); err == nil {
		_, err = w.Write(packed)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// swelling is a document with one entry of so many MB that says it has other many bytes.
func swelling(t *testing.T, mb int, says uint64) []byte {
	t.Helper()
	packed, sum := zeros(t, mb)
	return document(t, zip.FileHeader{Name: "word/document.xml", CRC32: sum, UncompressedSize64: says}, packed)
}

// shared is a document with many entries that are one and the same piece of the file, of so many MB.
func shared(t *testing.T, name string, mb, entries int) []byte {
	t.Helper()
	packed, sum := zeros(t, mb)
	one := document(t, zip.FileHeader{Name: fmt.Sprintf(name, 0), CRC32: sum, UncompressedSize64: uint64(mb) << 20}, packed)
	end := bytes.LastIndex(one, []byte("PK\x05\x06"))
	start := int(binary.LittleEndian.Uint32(one[end+16:]))
	second := start + bytes.LastIndex(one[start:end], []byte("PK\x01\x02"))
	out, head, tail := bytes.Clone(one[:second]), one[second:end], bytes.Clone(one[end:])
	for i := range entries {
		out = append(out, bytes.ReplaceAll(head, []byte(fmt.Sprintf(name, 0)), []byte(fmt.Sprintf(name, i)))...)
	}
	binary.LittleEndian.PutUint16(tail[8:], uint16(entries+1))
	binary.LittleEndian.PutUint16(tail[10:], uint16(entries+1))
	binary.LittleEndian.PutUint32(tail[12:], uint32(len(out)-start))
	return append(out, tail...)
}

// nested is a document in which an archive stands.
func nested(t *testing.T, archive []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err == nil {
		_, err = w.Write(archive)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return document(t, zip.FileHeader{Name: "word/embeddings/" + strings.Repeat("a", 8) + ".zip", CRC32: crc32.ChecksumIEEE(archive), UncompressedSize64: uint64(len(archive))}, packed.Bytes())
}
