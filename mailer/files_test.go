package mailer

import (
	"bytes"
	"errors"
	"net/mail"
	"os"
	"path/filepath"
	"testing"
)

func TestFilesHoldOneMailEach(t *testing.T) {
	sender, err := NewSender("", t.TempDir(), base)
	if err != nil {
		t.Fatal(err)
	}
	dir := sender.(*Files).dir
	m := finished(t, 17, recipient(1))
	for range 2 {
		if err := sender.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 1 || names[0].Name() != "17_mail-17@formwandel.example.eml" {
		t.Fatalf("found %v, %v", names, err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, names[0].Name()))
	if err != nil || !bytes.Equal(raw, m.Raw) {
		t.Fatalf("the file is not the mail: %v", err)
	}
	if _, err := mail.ReadMessage(bytes.NewReader(raw)); err != nil {
		t.Error(err)
	}
	if info, _ := names[0].Info(); info.Mode().Perm() != 0o600 {
		t.Errorf("anybody may read it: %v", info.Mode())
	}
}

func TestFilesStayInTheirFolder(t *testing.T) {
	m := Message{ID: 1, MessageID: "<../../etc/\x00passwd\n@host>", Raw: []byte("x")}
	files, err := NewFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := files.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got := FileName(m.ID, m.MessageID); filepath.Base(got) != got || got != "1_.._.._etc__passwd_@host.eml" {
		t.Errorf("file name %q", got)
	}
}

// A program that is killed while it writes leaves half a mail; the next try of the mail takes its place.
func TestHalfAMailNeverStays(t *testing.T) {
	files, err := NewFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	m := finished(t, 17, recipient(1))
	whole := FileName(m.ID, m.MessageID)
	if err := os.WriteFile(filepath.Join(files.dir, ".half-"+whole), bytes.Repeat([]byte("Subject: "), 10_000), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := files.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadDir(files.dir)
	if err != nil || len(names) != 1 || names[0].Name() != whole {
		t.Fatalf("found %v, %v", names, err)
	}
	if raw, err := os.ReadFile(filepath.Join(files.dir, whole)); err != nil || !bytes.Equal(raw, m.Raw) {
		t.Errorf("the file is not the mail: %v", err)
	}
}

func TestMissingFolderIsTroubleOfTheServer(t *testing.T) {
	files, err := NewFiles(filepath.Join(t.TempDir(), "mail"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(files.dir); err != nil {
		t.Fatal(err)
	}
	var away *Unreachable
	if err := files.Send(t.Context(), finished(t, 1, recipient(1))); !errors.As(err, &away) {
		t.Errorf("want *Unreachable, got %v", err)
	}
}
