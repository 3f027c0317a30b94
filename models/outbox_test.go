package models_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

func (b *behind) lease(s *models.Store, worker string, n int) []models.Letter {
	b.Helper()
	letters, err := s.LeaseMails(ctx, worker, n, time.Minute)
	b.must(err)
	return letters
}

func ids(letters []models.Letter) []int64 {
	var out []int64
	for _, l := range letters {
		out = append(out, l.Mail.ID)
	}
	return out
}

// TestALeaseIsOnesOwn lets eight workers of two instances lease at once: each mail goes to one of them.
func TestALeaseIsOnesOwn(t *testing.T) {
	look(t, func(b *behind) {
		for i := range 20 {
			b.file(b.Clerk, fee(fmt.Sprint(3000+i), "2027-01-01"))
		}
		total := int(b.number("SELECT count(*) FROM mails"))
		stores := []*models.Store{b.s, b.instance()}
		got := make([][]models.Letter, 8)
		start(8, func(i int) {
			for {
				letters, err := stores[i%2].LeaseMails(ctx, fmt.Sprint("w", i), 7, time.Minute)
				if err != nil {
					b.Errorf("worker %d: %v", i, err)
					return
				}
				if len(letters) == 0 {
					return
				}
				got[i] = append(got[i], letters...)
			}
		})
		seen := map[int64]bool{}
		for _, letters := range got {
			for _, l := range letters {
				if seen[l.Mail.ID] {
					b.Errorf("mail %d was leased twice", l.Mail.ID)
				}
				seen[l.Mail.ID] = true
				if l.Mail.Attempts != 1 || l.Mail.LeaseToken == "" {
					b.Errorf("%+v", l.Mail)
				}
			}
		}
		if len(seen) != total {
			if more := b.lease(b.s, "last", 1000); len(seen)+len(more) != total { // somebody skipped what another was looking at
				b.Errorf("%d of %d mails leased", len(seen)+len(more), total)
			}
		}
	})
}

// TestALeaseEndsByTheDatabasesClock and with it the right to report on the mail.
func TestALeaseEndsByTheDatabasesClock(t *testing.T) {
	look(t, func(b *behind) {
		other := b.instance()
		b.file(b.Clerk, fee("2500", "2027-01-01"))
		first := b.lease(b.s, "one", 100)
		if len(first) == 0 || len(b.lease(other, "two", 100)) != 0 {
			b.Fatalf("%d leased, or leased twice", len(first))
		}
		b.must(b.s.ExtendLease(ctx, ids(first), first[0].Mail.LeaseToken, 2*time.Minute))
		b.shift(90*time.Second, other)
		if again := b.lease(other, "two", 100); len(again) != 0 {
			b.Fatalf("%d mails of an extended lease", len(again))
		}
		b.shift(31*time.Second, other)
		again := b.lease(other, "two", 100)
		if !slices.Equal(ids(again), ids(first)) || again[0].Mail.Attempts != 2 {
			b.Fatalf("leased %v, then %v", ids(first), ids(again))
		}
		for i, l := range again {
			if l.Mail.MessageID != first[i].Mail.MessageID {
				b.Errorf("Message-ID %s became %s", first[i].Mail.MessageID, l.Mail.MessageID)
			}
		}
		late, token := first[0].Mail, first[0].Mail.LeaseToken
		for what, err := range map[string]error{
			"sent": b.s.MarkSent(ctx, late), "retry": b.s.MarkRetry(ctx, late, time.Minute, "x"), "refused": b.s.MarkRefused(ctx, late, "x"),
		} {
			if kindOf(err) != models.Conflict {
				b.Errorf("the late worker says %s: %v", what, err)
			}
		}
		b.must(b.s.ReleaseMails(ctx, ids(first), token, "out of reach"))
		if err := b.s.ExtendLease(ctx, ids(first), token, time.Hour); kindOf(err) != models.Conflict {
			b.Errorf("the late worker extends its lease: %v", err)
		}
		b.must(b.s.ExtendLease(ctx, nil, token, time.Hour))
		b.must(b.s.ReleaseMails(ctx, nil, token, ""))
		if n := b.number("SELECT count(*) FROM mails WHERE lease_token = ? AND attempts = 2", again[0].Mail.LeaseToken); int(n) != len(first) {
			b.Errorf("the late worker gave back %d mails of another", len(first)-int(n))
		}
		b.must(b.s.MarkSent(ctx, again[0].Mail))
		if err := b.s.MarkSent(ctx, again[0].Mail); kindOf(err) != models.Conflict {
			b.Errorf("sent twice: %v", err)
		}
	})
}

// TestAReportReadsNoRowAgain that is as its lease has left it.
func TestAReportReadsNoRowAgain(t *testing.T) {
	look(t, func(b *behind) {
		b.file(b.Clerk, fee("2500", "2027-01-01"))
		letters := b.lease(b.s, "w", 100)
		l, reads := listen(b, b.s), func(said []statement) (n int) {
			for _, x := range said {
				if strings.Contains(x.sql, "FROM mails") {
					n++
				}
			}
			return n
		}
		if n := reads(l.during(func() { b.must(b.s.MarkSent(ctx, letters[0].Mail)) })); n != 0 {
			b.Errorf("the row is read %d times", n)
		}
		if n := reads(l.during(func() { b.must(b.s.MarkRetry(ctx, letters[1].Mail, time.Minute, "later")) })); n != 0 {
			b.Errorf("the row is read %d times", n)
		}
		b.shift(2 * time.Minute) // it is another one by then
		again := b.lease(b.s, "w", 100)
		if n := reads(l.during(func() { b.must(b.s.MarkRefused(ctx, again[0].Mail, "550")) })); n != 0 {
			b.Errorf("the row is read %d times", n)
		}
		if n := reads(l.during(func() { _ = b.s.MarkSent(ctx, letters[1].Mail) })); n != 1 {
			b.Errorf("what is another one by now is read %d times, want once", n)
		}
	})
}

// TestAReportAfterTheLeaseWasExtended: the worker knows the row as it has leased it, and what it reports counts all the same.
func TestAReportAfterTheLeaseWasExtended(t *testing.T) {
	look(t, func(b *behind) {
		b.file(b.Clerk, fee("2500", "2027-01-01"))
		letters := b.lease(b.s, "w", 100)
		b.shift(10 * time.Second)
		b.must(b.s.ExtendLease(ctx, ids(letters), letters[0].Mail.LeaseToken, 3*time.Minute))
		for _, l := range letters {
			b.must(b.s.MarkSent(ctx, l.Mail))
		}
		if n := b.number("SELECT count(*) FROM mails WHERE state = 'sent' AND lease_token = ''"); int(n) != len(letters) || n == 0 {
			b.Errorf("%d of %d sent", n, len(letters))
		}
		if report, err := b.s.Audit(ctx, models.Evidence{}); err != nil || len(report.Findings) > 0 {
			b.Errorf("the record: %v, %v", report, err)
		}
	})
}

// TestWhatIsChangedAboutALeasedMailIsFound: a report makes no row right that somebody has changed past the program meanwhile.
func TestWhatIsChangedAboutALeasedMailIsFound(t *testing.T) {
	for name, change := range map[string]string{
		"to somebody else": "recipient = 'dieb@ort.example'", "of another kind": "kind = 'applied'", "tried before": "attempts = 7", "later": "next_at = lease_until", "a reason": "last_error = 'x'",
	} {
		t.Run(name, func(t *testing.T) {
			look(t, func(b *behind) {
				b.file(b.Clerk, fee("2500", "2027-01-01"))
				b.shift(time.Second)
				letters := b.lease(b.s, "w", 100)
				m := letters[0].Mail
				b.exec("UPDATE mails SET "+change+" WHERE id = ?", m.ID)
				b.must(b.s.MarkSent(ctx, m))
				if n := b.number("SELECT count(*) FROM mails WHERE id = ? AND state = 'sent'", m.ID); n != 1 {
					b.Error("the report does not count")
				}
				report, err := b.s.Audit(ctx, models.Evidence{})
				b.must(err)
				if !slices.ContainsFunc(report.Findings, func(f models.Finding) bool { return f.Where == fmt.Sprintf("mail %d", m.ID) }) {
					b.Errorf("nobody finds it: %v", report.Findings)
				}
			})
		})
	}
}

// TestTheWaysOfAMail: sent, tried again later, refused for good, given back untried.
func TestTheWaysOfAMail(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, fee("2500", "2027-01-01"))
		letters := b.lease(b.s, "w", 100)
		if len(letters) < 4 {
			b.Fatalf("%d mails", len(letters))
		}
		token := letters[0].Mail.LeaseToken
		sent, retried, refused, rest := letters[0].Mail.ID, letters[1].Mail.ID, letters[2].Mail.ID, ids(letters[3:])
		b.must(b.s.MarkSent(ctx, letters[0].Mail))
		b.must(b.s.MarkRetry(ctx, letters[1].Mail, 10*time.Minute, strings.Repeat("ä", 600)))
		b.must(b.s.MarkRefused(ctx, letters[2].Mail, "550 unbekannt"))
		b.must(b.s.ReleaseMails(ctx, rest, token, "the server takes none"))
		states := map[int64]models.Mail{}
		for _, m := range b.get(c.Number).Mails {
			states[m.ID] = m
		}
		if m := states[sent]; m.State != models.MailSent || m.SentAt == nil || m.LeaseToken != "" || m.LeaseUntil != nil {
			b.Errorf("sent: %+v", m)
		}
		if m := states[refused]; m.State != models.MailRefused || m.LastError != "550 unbekannt" || m.SentAt != nil {
			b.Errorf("refused: %+v", m)
		}
		if m := states[retried]; m.State != models.MailWaiting || m.Attempts != 1 || len([]rune(m.LastError)) != 500 {
			b.Errorf("to be tried again: %+v", m)
		}
		if m := states[rest[0]]; m.State != models.MailWaiting || m.Attempts != 0 || m.LastError != "the server takes none" {
			b.Errorf("given back: %+v", m)
		}
		if got := b.lease(b.s, "w", 100); !slices.Equal(ids(got), rest) || got[0].Mail.Attempts != 1 {
			b.Errorf("given back: %v, want %v", ids(got), rest)
		}
		b.shift(10*time.Minute - time.Second)
		if got := b.lease(b.s, "w", 100); slices.Contains(ids(got), retried) || slices.Contains(ids(got), sent) {
			b.Errorf("too early: %v", ids(got))
		}
		b.shift(2 * time.Second)
		again := b.lease(b.s, "w", 100)
		if !slices.Equal(ids(again), []int64{retried}) || again[0].Mail.Attempts != 2 {
			b.Errorf("after the pause: %v", ids(again))
		}
		if _, err := b.s.RetryMail(ctx, b.Admin, sent, nil); kindOf(err) != models.Conflict {
			b.Errorf("a sent mail once more: %v", err)
		}
		if _, err := b.s.RetryMail(ctx, b.Admin, 1<<40, nil); kindOf(err) != models.NotFound {
			b.Errorf("a mail that is not there: %v", err)
		}
		out, err := b.s.RetryMail(ctx, b.Admin, refused, nil)
		if err != nil || out.State != models.MailWaiting || out.Number != c.Number {
			b.Errorf("once more: %+v, %v", out, err)
		}
		if got := b.lease(b.s, "w", 100); !slices.Contains(ids(got), refused) {
			b.Errorf("the refused one is not tried again: %v", ids(got))
		}
		b.must(b.s.FreeLeases(ctx))
		if n := b.number("SELECT count(*) FROM mails WHERE lease_until IS NOT NULL"); b.sqlite() != (n == 0) {
			b.Errorf("%d leases after a start", n)
		}
	})
}

// TestManyReportAtOnce: reports share a commit, and a refused one holds up nobody.
func TestManyReportAtOnce(t *testing.T) {
	look(t, func(b *behind) {
		for i := range 10 {
			b.file(b.Clerk, fee(fmt.Sprint(3000+i), "2027-01-01"))
		}
		letters := b.lease(b.s, "w", 100)
		errs := make([]error, len(letters))
		start(len(letters), func(i int) {
			m := letters[i].Mail
			switch i % 4 {
			case 0:
				errs[i] = b.s.MarkSent(ctx, m)
			case 1:
				errs[i] = b.s.MarkRefused(ctx, m, "550 nicht \xff\xfe zu \x00 lesen")
			case 2:
				errs[i] = b.s.MarkRetry(ctx, m, time.Hour, "451 später")
			case 3:
				m.LeaseToken = "another's"
				errs[i] = b.s.MarkSent(ctx, m)
			}
		})
		for i, err := range errs {
			if want := (i%4 == 3); (kindOf(err) == models.Conflict) != want || (!want && err != nil) {
				b.Errorf("report %d: %v", i, err)
			}
		}
		n := int64(len(letters))
		if got := b.number("SELECT count(*) FROM mails WHERE state = 'sent'"); got != (n+3)/4 {
			b.Errorf("%d of %d sent", got, n)
		}
		if got := b.number("SELECT count(*) FROM mails WHERE state = 'failed' AND last_error LIKE '550 nicht % zu  lesen'"); got != (n+2)/4 {
			b.Errorf("%d of %d refused", got, n)
		}
	})
}

var messageID = regexp.MustCompile(`^<[A-Za-z0-9._-]+@formwandel\.example>$`)

// TestLettersReportWhatHappened takes requests through every way and reads all their mails.
func TestLettersReportWhatHappened(t *testing.T) {
	look(t, func(b *behind) {
		sentence := "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, ab 01.01.2027"
		main := b.file(b.Clerk, fee("2500", "2027-01-01"))
		b.do(b.Agent, main.Number, models.Claim, "")
		b.do(b.Agent, main.Number, models.Ask, "Gibt es einen Beschluss?")
		b.do(b.Clerk, main.Number, models.Answer, "Ja, vom 12.11.")
		b.do(b.Approver, main.Number, models.Approve, "")
		b.do(b.Lead, main.Number, models.Approve, "")
		reject := b.file(b.Clerk, wording("Nebenstelle"))
		b.do(b.Agent, reject.Number, models.Claim, "")
		b.do(b.Agent, reject.Number, models.Reject, "Doppelt.")
		reopen := b.file(b.Clerk, fee("2600", "2027-06-01"))
		b.approved(reopen.Number)
		b.do(b.Agent, reopen.Number, models.Reopen, "")
		b.do(b.Clerk, reopen.Number, models.Withdraw, "")
		overdue := b.file(b.Clerk, wording("Hauptstelle"))
		dog := wording("Hundestelle")
		dog.Form = Bautzen + "/" + Dog
		first := b.file(b.Clerk, dog)
		b.do(b.Agent, first.Number, models.Claim, "")
		b.do(b.Lead, first.Number, models.Approve, "")
		b.knock()
		b.must(last(b.s.Do(ctx, b.Agent, first.Number, models.Revert, models.Input{Version: b.get(first.Number).Version})))
		b.must(last(b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, true, nil)))
		b.at("2027-01-01 00:00:00")
		b.at("2027-01-27 08:00:00")
		b.at("2027-02-01 00:00:00")
		kinds, seen := map[models.MailKind]int{}, map[string]bool{}
		for {
			letters := b.lease(b.s, "w", 9)
			if len(letters) == 0 {
				break
			}
			for _, l := range letters {
				kinds[l.Mail.Kind]++
				if !messageID.MatchString(l.Mail.MessageID) || seen[l.Mail.MessageID] {
					b.Errorf("Message-ID %q", l.Mail.MessageID)
				}
				seen[l.Mail.MessageID] = true
				b.sane(l)
				switch f := l.Facts; {
				case f.Number == main.Number && !slices.Equal(f.Sentences, []string{sentence}):
					b.Errorf("%s: %q", l.Mail.Kind, f.Sentences)
				case f.Number == main.Number && l.Mail.Kind == models.MailApplied && !slices.Equal(f.ReadBack, []models.MailReading{{Label: "Gebühr erste Geburtsurkunde", Value: "25,00\u00a0€"}}):
					b.Errorf("read back %+v", f.ReadBack)
				case f.Number == reject.Number && l.Mail.Kind == models.MailRejected && (f.Comment != "Doppelt." || f.Actor != b.Agent.Name):
					b.Errorf("rejected: %+v", f)
				case l.Mail.Kind == models.MailQuestion && (f.Comment != "Gibt es einen Beschluss?" || f.AnswerBy.IsZero()):
					b.Errorf("question: %+v", f)
				case l.Mail.Kind == models.MailOverdue && f.Number == overdue.Number && len(f.Sentences) != 1:
					b.Errorf("overdue: %+v", f)
				case l.Mail.Kind == models.MailMaintenance && (!f.On || f.FormTitle != "Geburtsurkunde" || f.Number != ""):
					b.Errorf("maintenance: %+v", f)
				case l.Mail.Kind == models.MailReverted && f.Revert == "":
					b.Errorf("reverted: %+v", f)
				}
				b.must(b.s.MarkSent(ctx, l.Mail))
			}
		}
		for _, k := range []models.MailKind{
			models.MailSubmitted, models.MailQuestion, models.MailAnswered, models.MailApproved, models.MailRejected, models.MailReopened, models.MailWithdrawn,
			models.MailApplied, models.MailDueSoon, models.MailOverdue, models.MailAccepted, models.MailReverted, models.MailMaintenance,
		} {
			if kinds[k] == 0 {
				b.Errorf("no mail of kind %s among %v", k, kinds)
			}
		}
		if n := b.number("SELECT count(*) FROM mails WHERE state <> 'sent'"); n != 0 {
			b.Errorf("%d mails were never leased", n)
		}
	})
}

// sane asserts what every letter must have.
func (b *behind) sane(l models.Letter) {
	b.Helper()
	f := l.Facts
	if f.Municipality != "Bautzen" || f.AGS != Bautzen || f.FormTitle == "" || f.Assistant == "" || f.Actor == "" || f.At.IsZero() {
		b.Errorf("%s to %s: %+v", l.Mail.Kind, l.Mail.Recipient, f)
	}
	if l.Mail.RequestID != nil && (f.Number == "" || (len(f.Sentences) == 0 && f.Wish == "")) {
		b.Errorf("%s to %s says nothing: %+v", l.Mail.Kind, l.Mail.Recipient, f)
	}
}

// TestOneMailPerPerson: whoever is addressed for two reasons gets one mail.
func TestOneMailPerPerson(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, fee("2500", "2027-01-01"))
		b.approved(c.Number)
		b.do(b.Approver, c.Number, models.Reject, "Doch nicht.")
		for _, kind := range []string{"submitted", "approved", "rejected"} {
			if n := b.number("SELECT count(*) - count(DISTINCT recipient) FROM mails WHERE request_id = ? AND kind = ?", c.ID, kind); n != 0 {
				b.Errorf("%d people got two mails about %s", n, kind)
			}
		}
		if n := b.number("SELECT count(*) FROM mails WHERE kind = 'rejected' AND request_id = ?", c.ID); n < 5 { // author, assignee, approver, lead, team
			b.Errorf("%d mails about the rejection", n)
		}
	})
}

// TestOneUnreadableMailHoldsUpNoOther: of a lease, it alone says that its facts can't be read; on its page as well.
func TestOneUnreadableMailHoldsUpNoOther(t *testing.T) {
	look(t, func(b *behind) {
		b.file(b.Clerk, fee("2500", "2027-01-01"))
		b.file(b.Clerk, fee("2600", "2027-01-01"))
		bad := b.number("SELECT max(event_seq) FROM mails WHERE ags = ?", Bautzen)
		if b.sqlite() {
			b.exec("DROP TRIGGER events_no_update")
		} else {
			b.exec("DROP TRIGGER events_append_only ON events")
		}
		b.exec("UPDATE events SET data = ? WHERE ags = ? AND seq = ?", "no data", Bautzen, bad)
		fine := 0
		for _, l := range b.lease(b.s, "w", 100) {
			switch of := l.Mail.AGS == Bautzen && l.Mail.EventSeq == bad; {
			case of != (l.Err != nil):
				b.Errorf("%s of event %d: %v", l.Mail.Kind, l.Mail.EventSeq, l.Err)
			case of:
				if err := last(b.s.Letter(ctx, b.Admin, l.Mail.ID)); err == nil {
					b.Error("a page shows a mail that can't be read")
				}
			default:
				fine++
			}
		}
		if fine == 0 {
			b.Error("no other mail can be sent")
		}
	})
}
