package mailer

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"formwandel/mailer/smtptest"
	"formwandel/models"
	"formwandel/models/modelstest"
	"formwandel/templates"
)

// mostSpam is the score that no mail of ours may exceed; from 5 on a mail is spam for most servers.
const mostSpam = 1.0

// gtube is what every spam filter takes for spam, in two halves so that none finds this file.
const gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"

// TestNoMailLooksLikeSpam lets SpamAssassin look at every mail there is, as it has arrived at
// the server: each kind to each of its readers, in both languages; in `make test` at a tenth of them.
func TestNoMailLooksLikeSpam(t *testing.T) {
	modelstest.Tool(t, "spamassassin", "spamassassin")
	letters := modelstest.Some(rand.New(rand.NewPCG(uint64(modelstest.Seed(t)), 20)), everyLetter())
	arrived := arrive(t, letters)
	spam := bytes.Replace(arrived[0], []byte("Message-ID: "+messageID(0)), []byte("Message-ID: <spam@kisa.example>"), 1)
	spam = bytes.ReplaceAll(spam, []byte("\r\n\r\n"), []byte("\r\n\r\n"+gtube+"\r\n"))
	verdicts := spamAssassin(t, append(arrived, spam))
	worst := 0.0
	for i, l := range letters {
		v, ok := verdicts[messageID(i)]
		worst = max(worst, v.score)
		if !ok || v.score > mostSpam {
			t.Errorf("%s to %s in %s scores %.1f: %s", l.Mail.Kind, l.Mail.Role, l.Mail.Locale, v.score, v.tests)
		}
	}
	if v := verdicts["<spam@kisa.example>"]; v.score < 100 {
		t.Errorf("what every filter knows scores %.1f: %s", v.score, v.tests)
	}
	modelstest.Score(t, "S20", "mails of every kind to every reader in both languages, looked at by SpamAssassin -L as they arrive; a known spam among them is found", len(letters),
		fmt.Sprintf("the worst scores %.1f of at most %.1f", worst, mostSpam))
}

// everyLetter is each letter that the product writes as its reader gets it today: who is
// brought a personal link finds it in there.
func everyLetter() (all []models.Letter) {
	now := time.Now()
	for _, sample := range templates.MailSamples() {
		for _, locale := range []string{"de", "en"} {
			l := templates.SampleLetter(sample.Kind, sample.Role, locale)
			l.Mail.CreatedAt, l.Facts.Link = now, "/zugang/6YqYfzHh1nP0oXb4Qk2w7s8uVdLrTgJmZaEcNiBxKtM"
			all = append(all, l)
			switch sample.Kind {
			case models.MailInvitation: // of somebody who belongs to no municipality
				l.Facts.Municipality = ""
				all = append(all, l)
			case models.MailAddress: // asked for by somebody else
				l.Facts.Opens = now.AddDate(0, 0, 3)
				all = append(all, l)
			}
		}
	}
	return all
}

// messageID looks as the outbox makes them.
func messageID(i int) string {
	return fmt.Sprintf("<6447a9a3b6%04x.5d0c7f21b9e84a6633f01c2d.17.approved@formwandel.example>", i)
}

// arrive sends letters through a real SMTP conversation and returns the mails in the same order.
func arrive(t *testing.T, letters []models.Letter) (mails [][]byte) {
	t.Helper()
	server, o := smtptest.Start(t, smtptest.Options{}), newOutbox()
	for i, l := range letters {
		l.Mail.ID, l.Mail.Recipient, l.Mail.MessageID = int64(i), recipient(i), messageID(i)
		o.add(l)
	}
	start(t, o, newSMTP(t, server, Patience{}))
	eventually(t, "an empty outbox", o.done)
	for i, l := range letters {
		got := server.MessagesTo(recipient(i))
		if len(got) != 1 {
			t.Fatalf("%d mails of %s", len(got), l.Mail.Kind)
		}
		mails = append(mails, got[0].Data)
	}
	return mails
}

// suspicion is what SpamAssassin says about a mail.
type suspicion struct {
	score float64
	tests string
}

// spamVerdict is the line that SpamAssassin writes above a mail, and the mail's own Message-ID below it.
var spamVerdict = regexp.MustCompile(`(?m)^X-Spam-Verdict: (-?[0-9.]+) (.*)\n(?:.+\n)*?Message-ID: (\S+)$`)

// spamAssassin looks at mails with its own rules alone: it asks nobody and learns nothing.
// What it says is found under the Message-ID.
func spamAssassin(t *testing.T, mails [][]byte) map[string]suspicion {
	t.Helper()
	var box, complaints bytes.Buffer
	for _, raw := range mails {
		text := strings.ReplaceAll(string(raw), "\r\n", "\n")
		fmt.Fprintf(&box, "From no-reply@kisa.example Tue Nov 24 09:30:00 2026\n%s\n\n", strings.ReplaceAll(text, "\nFrom ", "\n>From "))
	}
	cmd := exec.CommandContext(t.Context(), "spamassassin", "-L", "-t", "-x", "--mbox", "--cf=use_bayes 0", "--cf=report_safe 0",
		"--cf=fold_headers 0", "--cf=clear_headers", "--cf=add_header all Verdict _SCORE(0)_ _TESTS(,)_")
	cmd.Env, cmd.Stdin, cmd.Stderr = append(cmd.Environ(), "HOME="+t.TempDir(), "LC_ALL=C"), &box, &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("spamassassin: %v\n%s", err, complaints.Bytes())
	}
	all := map[string]suspicion{}
	for _, found := range spamVerdict.FindAllSubmatch(out, -1) {
		score, err := strconv.ParseFloat(string(found[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		all[string(found[3])] = suspicion{score, string(found[2])}
	}
	if len(all) != len(mails) {
		t.Fatalf("%d verdicts on %d mails\n%s", len(all), len(mails), complaints.Bytes())
	}
	return all
}
