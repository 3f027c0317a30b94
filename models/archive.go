package models

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"path"
	"strings"
)

// Office documents are ZIP archives. They are stored as they came and never
// unpacked, but whoever downloads one unpacks it: what would swell beyond
// measure there, or run, is refused here.
const (
	maxEntries  = 5_000
	maxUnpacked = 128 << 20 // bytes of all entries
	maxSwelling = 200       // times what it takes packed, beyond the first megabyte
)

// soundArchive looks through an archive without keeping what is in it.
func soundArchive(body []byte) error {
	unsafe := &Error{Kind: Unsupported, Code: "archive_unsafe", Fields: []FieldError{{Field: "file", Code: "archive_unsafe"}}}
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil || len(z.File) == 0 || len(z.File) > maxEntries {
		return unsafe
	}
	most := uint64(min(maxUnpacked, 1<<20+maxSwelling*len(body)))
	var announced, packed uint64
	names := map[string]bool{}
	for _, f := range z.File {
		announced, packed = announced+min(f.UncompressedSize64, maxUnpacked+1), packed+min(f.CompressedSize64, maxUnpacked+1)
		if announced > most || packed > uint64(len(body)) || names[f.Name] || !soundEntry(f) {
			return unsafe // entries that overlap are longer together than the file
		}
		names[f.Name] = true
	}
	for _, f := range z.File {
		if !unpacks(f) {
			return unsafe
		}
	}
	return nil
}

// soundEntry tells by its head whether an entry belongs into a document: no way
// out of the folder, no cipher, no program.
func soundEntry(f *zip.File) bool {
	low := strings.ToLower(f.Name)
	switch {
	case f.Name == "" || len(f.Name) > 500 || strings.ContainsAny(f.Name, "\\\x00\r\n") || path.IsAbs(f.Name) || strings.Contains(f.Name, ".."):
		return false
	case f.Flags&1 != 0 || f.Method != zip.Store && f.Method != zip.Deflate:
		return false
	case strings.HasSuffix(low, "vbaproject.bin") || strings.HasPrefix(low, "basic/") || strings.HasPrefix(low, "scripts/"):
		return false // macros
	}
	for _, ending := range []string{".exe", ".dll", ".js", ".vbs", ".bat", ".cmd", ".ps1", ".scr", ".jar", ".lnk", ".hta", ".msi", ".html", ".svgz"} {
		if strings.HasSuffix(low, ending) {
			return false
		}
	}
	return true
}

// archives begin what is an archive itself.
var archives = []string{"PK\x03\x04", "PK\x05\x06", "\x1f\x8b", "Rar!", "7z\xbc\xaf", "\xfd7zXZ", "BZh", "\x28\xb5\x2f\xfd"}

// unpacks tells whether an entry is as long as it says, and no archive in the archive.
func unpacks(f *zip.File) bool {
	in, err := f.Open()
	if err != nil {
		return false
	}
	defer in.Close()
	head := make([]byte, 8)
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	for _, a := range archives {
		if strings.HasPrefix(string(head[:n]), a) {
			return false
		}
	}
	rest, err := io.Copy(io.Discard, io.LimitReader(in, int64(f.UncompressedSize64)+1))
	return err == nil && uint64(n)+uint64(rest) == f.UncompressedSize64
}
