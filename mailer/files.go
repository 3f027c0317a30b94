package mailer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Files lays mails down as .eml files in a folder, for an installation without
// a mail server.
type Files struct{ dir string }

// NewFiles makes the folder if need be.
func NewFiles(dir string) (*Files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("mailer: folder for mails: %w", err)
	}
	return &Files{dir: dir}, nil
}

// Send writes the mail whole or not at all. Its name tells the row and the
// Message-ID, so the same mail again is the same file.
func (f *Files) Send(_ context.Context, m Message) error {
	if err := f.write(m); err != nil {
		return &Unreachable{Words: clean(err.Error())}
	}
	return nil
}

// write writes under a name of the mail's own first: what a program that was killed has left half
// written there is written over when the mail's turn comes again, and never stays.
func (f *Files) write(m Message) (err error) {
	name := FileName(m.ID, m.MessageID)
	temp, err := os.OpenFile(filepath.Join(f.dir, ".half-"+name), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
		}
	}()
	_, err = temp.Write(m.Raw)
	if err == nil {
		err = temp.Sync()
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if err = os.Rename(temp.Name(), filepath.Join(f.dir, name)); err != nil {
		return err
	}
	return syncDir(f.dir)
}

// FileName is "17_uuid@host.eml", of a mail's number and its Message-ID: only letters that every file system takes.
func FileName(number int64, messageID string) string {
	id := strings.Map(func(r rune) rune {
		switch {
		case r == '<' || r == '>':
			return -1
		case r == '@' || r == '-' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z':
			return r
		}
		return '_'
	}, messageID)
	return fmt.Sprintf("%d_%s.eml", number, id[:min(len(id), 200)])
}

// syncDir makes the new name as lasting as the content.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}
