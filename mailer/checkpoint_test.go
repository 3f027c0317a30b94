package mailer

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
)

// TestASavedCheckpointIsEvidence: the mail of a checkpoint, saved as it arrived, is taken by `audit verify`, and so is one that was forwarded.
func TestASavedCheckpointIsEvidence(t *testing.T) {
	letters := slices.DeleteFunc(everyLetter(), func(l models.Letter) bool { return l.Mail.Kind != models.MailCheckpoint })
	if len(letters) != 2 {
		t.Fatal("one in each language:", len(letters))
	}
	for i, mail := range arrive(t, letters) {
		want := strings.Join(letters[i].Facts.Signed, "\n") + "\n"
		forwarded := "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nSiehe unten.\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n" + string(mail) + "\r\n--x--\r\n"
		for name, saved := range map[string][]byte{
			"as it came": mail, "with line ends of Unix": bytes.ReplaceAll(mail, []byte("\r\n"), []byte("\n")),
			"out of a mailbox": append([]byte("From somebody Fri Nov 27 00:05:00 2026\n"), mail...), "forwarded": []byte(forwarded),
		} {
			found, err := models.ReadCheckpoints(saved)
			if err != nil || len(found) != 1 || found[0].Short() != want {
				t.Errorf("%s: %v, %+v", name, err, found)
			}
		}
	}
}
