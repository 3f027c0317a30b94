package models

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"
	"testing"
)

// packed makes an archive: name, content, name, content …
func packed(t testing.TB, entries ...string) []byte {
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
	return out.Bytes()
}

// lying makes an archive whose entry unpacks to n zero bytes and says it has other many.
func lying(t *testing.T, n int, says uint64) []byte {
	t.Helper()
	var raw, out bytes.Buffer
	f, err := flate.NewWriter(&raw, flate.BestCompression)
	if err == nil {
		_, err = f.Write(make([]byte, n))
	}
	if err == nil {
		err = f.Close()
	}
	z := zip.NewWriter(&out)
	w, e := z.CreateRaw(&zip.FileHeader{Name: "word/document.xml", Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(make([]byte, n)), CompressedSize64: uint64(raw.Len()), UncompressedSize64: says})
	if e == nil {
		_, e = w.Write(raw.Bytes())
	}
	if err != nil || e != nil || z.Close() != nil {
		t.Fatal(err, e)
	}
	return out.Bytes()
}

// overlapping is an archive whose many entries are one and the same piece of the file.
func overlapping(t *testing.T, entries int) []byte {
	t.Helper()
	one := lying(t, 1<<20, 1<<20)
	end := bytes.LastIndex(one, []byte("PK\x05\x06"))
	start := int(binary.LittleEndian.Uint32(one[end+16:]))
	head := one[start:end]
	out := bytes.Clone(one[:start])
	for i := range entries {
		entry := bytes.Clone(head)
		copy(entry[46:], []byte{byte('a' + i%26), byte('a' + i/26%26), byte('a' + i/676)})
		out = append(out, entry...)
	}
	tail := bytes.Clone(one[end:])
	binary.LittleEndian.PutUint16(tail[8:], uint16(entries))
	binary.LittleEndian.PutUint16(tail[10:], uint16(entries))
	binary.LittleEndian.PutUint32(tail[12:], uint32(entries*len(head)))
	return append(out, tail...)
}

func TestArchivesThatSwell(t *testing.T) {
	honest := packed(t, "[Content_Types].xml", "<x/>", "word/document.xml", strings.Repeat("<w:p>Antrag auf Änderung</w:p>", 10_000), "word/media/image1.png", "\x89PNG\r\n\x1a\n")
	if err := soundArchive(honest); err != nil {
		t.Errorf("a plain document: %v", err)
	}
	for name, body := range map[string][]byte{
		"a bomb":                  lying(t, 500<<20, 500<<20),
		"a bomb that says little": lying(t, 300<<20, 100),
		"longer than it says":     lying(t, 1000, 999),
		"shorter than it says":    lying(t, 1000, 1001),
		"overlapping entries":     overlapping(t, 4000),
		"two entries of one name": packed(t, "a", "1", "a", "2"),
		"a way out":               packed(t, "../../etc/passwd", "x"),
		"an absolute way":         packed(t, "/etc/passwd", "x"),
		"a way out of Windows":    packed(t, `..\x`, "x"),
		"macros":                  packed(t, "word/document.xml", "x", "word/vbaProject.bin", "x"),
		"macros of OpenDocument":  packed(t, "content.xml", "x", "Basic/Standard/Module1.xml", "x"),
		"a program":               packed(t, "word/media/rechnung.EXE", "MZ"),
		"a script":                packed(t, "word/media/a.js", "x"),
		"an archive in it":        packed(t, "word/embeddings/a.bin", string(packed(t, "b", "x"))),
		"gzip in it":              packed(t, "word/a.bin", "\x1f\x8b\x08aaaa"),
		"nothing":                 packed(t),
		"no archive":              []byte("PK\x03\x04 nothing of the kind"),
		"cut off":                 honest[:len(honest)/2],
		"the end of it only":      honest[len(honest)-22:],
	} {
		if err := soundArchive(body); !IsKind(err, Unsupported) {
			t.Errorf("%s (%d bytes): %v", name, len(body), err)
		}
	}
}
