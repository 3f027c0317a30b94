package models_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// filed files under a key and tells what came of it.
func (b *behind) filed(s *models.Store, u models.User, o *models.Once) (string, error) {
	in := fee("2500", "2027-01-01")
	in.Once = o
	c, err := s.File(ctx, u, in)
	if err != nil || o.Kept != nil {
		return "", err
	}
	return c.Number, nil
}

func TestTheSameKeyGetsTheSameAnswer(t *testing.T) {
	look(t, func(b *behind) {
		number, err := b.filed(b.s, b.Clerk, key("k", "body"))
		b.must(err)
		before := b.rows()
		for i, s := range []*models.Store{b.s, b.instance()} { // the second one is the program after a restart
			o := key("k", "body")
			if _, err := b.filed(s, b.Clerk, o); err != nil || o.Kept == nil {
				b.Fatalf("instance %d: %v, kept %v", i, err, o.Kept)
			}
			if o.Kept.Status != 201 || o.Kept.Location != "/requests/"+number || string(o.Kept.Body) != `{"number":"`+number+`","version":1}` {
				b.Errorf("instance %d was answered %+v", i, o.Kept)
			}
		}
		if after := b.rows(); after != before {
			b.Errorf("before %s\nafter  %s", before, after)
		}
	})
}

func TestAKeyWithAnotherBodyIsRefused(t *testing.T) {
	look(t, func(b *behind) {
		if _, err := b.filed(b.s, b.Clerk, key("k", "body")); err != nil {
			b.Fatal(err)
		}
		before := b.rows()
		for _, body := range []string{"", "Body", "body ", "body\x00"} {
			_, err := b.filed(b.s, b.Clerk, key("k", body))
			var e *models.Error
			if !errors.As(err, &e) || e.Kind != models.Invalid || e.Code != "key_reused" {
				b.Errorf("%q: %v", body, err)
			}
		}
		if after := b.rows(); after != before {
			b.Errorf("before %s\nafter  %s", before, after)
		}
	})
}

func TestAKeyBelongsToThePerson(t *testing.T) {
	look(t, func(b *behind) {
		mine, err := b.filed(b.s, b.Clerk, key("k", "body"))
		b.must(err)
		hers, err := b.filed(b.s, b.Clerk2, key("k", "body"))
		b.must(err)
		if mine == "" || hers == "" || mine == hers {
			b.Errorf("filed %q and %q", mine, hers)
		}
	})
}

func TestAnswersAreKeptThirtyDays(t *testing.T) {
	look(t, func(b *behind) {
		number, err := b.filed(b.s, b.Clerk, key("k", "body"))
		b.must(err)
		b.shift(30*24*time.Hour - time.Minute)
		b.must(b.s.Tidy(ctx))
		if o := key("k", "body"); b.number("SELECT count(*) FROM idempotency") != 1 {
			b.Error("forgotten before 30 days are over")
		} else if _, err := b.filed(b.s, b.Clerk, o); err != nil || o.Kept == nil {
			b.Errorf("after 29 days: %v", err)
		}
		b.shift(2 * time.Minute)
		again, err := b.filed(b.s, b.Clerk, key("k", "another body"))
		b.must(err)
		if again == "" || again == number {
			b.Errorf("after 30 days: %q", again)
		}
		b.shift(31 * 24 * time.Hour)
		b.must(b.s.Tidy(ctx))
		if n := b.number("SELECT count(*) FROM idempotency"); n != 0 {
			b.Errorf("%d answers are kept for ever", n)
		}
	})
}

// TestARefusedWriteLeavesNoKey: what did not happen may be sent again, mended.
func TestARefusedWriteLeavesNoKey(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, fee("2500", "2027-01-01"))
		before := b.rows()
		bad := fee("-1", "2027-01-01")
		bad.Once = key("k1", "bad")
		if _, err := b.s.File(ctx, b.Clerk, bad); kindOf(err) != models.Invalid {
			b.Fatal(err)
		}
		if _, err := b.s.Do(ctx, b.Agent, c.Number, models.Claim, models.Input{Version: 7, Once: key("k2", "bad")}); kindOf(err) != models.Conflict {
			b.Fatal(err)
		}
		broken := errors.New("the answer can't be written")
		o := key("k3", "bad")
		o.Answer = func(any) (int, string, []byte, error) { return 0, "", nil, broken }
		if _, err := b.s.Do(ctx, b.Agent, c.Number, models.Claim, models.Input{Version: 1, Once: o}); !errors.Is(err, broken) {
			b.Fatal(err)
		}
		if after := b.rows(); after != before {
			b.Errorf("before %s\nafter  %s", before, after)
		}
		if v := b.get(c.Number).Version; v != 1 {
			b.Errorf("version %d", v)
		}
		for _, k := range []string{"k1", "k2", "k3"} {
			if _, err := b.filed(b.s, b.Clerk, key(k, "mended")); err != nil {
				b.Errorf("%s: %v", k, err)
			}
		}
	})
}

// TestAKeyWorksForEveryWrite sends each kind of write twice.
func TestAKeyWorksForEveryWrite(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, fee("2500", "2027-01-01"))
		mail := b.number("SELECT min(id) FROM mails")
		writes := map[string]func(o *models.Once) error{
			"claim": func(o *models.Once) error {
				_, err := b.s.Do(ctx, b.Agent, c.Number, models.Claim, models.Input{Version: 1, Once: o})
				return err
			},
			"comment": func(o *models.Once) error {
				_, err := b.s.Comment(ctx, b.Agent, c.Number, "Ein Wort.", false, o)
				return err
			},
			"attach": func(o *models.Once) error {
				_, err := b.s.Attach(ctx, b.Agent, c.Number, "a.txt", []byte("ein Text"), o)
				return err
			},
			"maintain": func(o *models.Once) error {
				_, err := b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, true, o)
				return err
			},
			"retry": func(o *models.Once) error { _, err := b.s.RetryMail(ctx, b.Admin, mail, o); return err },
		}
		for name, write := range writes {
			first, second := key(name, "body"), key(name, "body")
			if err := write(first); err != nil || first.Kept != nil {
				b.Fatalf("%s: %v", name, err)
			}
			before := b.rows()
			if err := write(second); err != nil || second.Kept == nil {
				b.Errorf("%s again: %v, kept %v", name, err, second.Kept)
			} else if len(second.Kept.Body) < 3 || strings.TrimSpace(string(second.Kept.Body)) == "null" {
				b.Errorf("%s again was answered %q", name, second.Kept.Body)
			}
			if after := b.rows(); after != before {
				b.Errorf("%s again\nbefore %s\nafter  %s", name, before, after)
			}
		}
	})
}

// TestKeysHoldWhatTheyPromise: the same answer for thirty days, also after a
// restart; another body is refused; so is the same one while the first still runs.
func TestKeysHoldWhatTheyPromise(t *testing.T) {
	look(t, func(b *behind) {
		n := Share(500)
		numbers := make([]string, n)
		for i := range n {
			k, entered, goOn := fmt.Sprintf("k%d", i), make(chan bool), make(chan bool)
			o := key(k, "body")
			o.Answer = func(result any) (int, string, []byte, error) {
				entered <- true
				<-goOn
				return answer(result)
			}
			done := make(chan error)
			go func() {
				var err error
				numbers[i], err = b.filed(b.s, b.Clerk, o)
				done <- err
			}()
			<-entered
			if _, err := b.filed(b.s, b.Clerk, key(k, "body")); kindOf(err) != models.Conflict {
				b.Errorf("%s while it runs: %v", k, err)
			}
			goOn <- true
			b.must(<-done)
		}
		b.shift(30*24*time.Hour - time.Minute)
		b.must(b.s.Tidy(ctx))
		restarted := b.instance()
		before := b.rows()
		for i, number := range numbers {
			k := fmt.Sprintf("k%d", i)
			o := key(k, "body")
			if _, err := b.filed(restarted, b.Clerk, o); err != nil || o.Kept == nil || o.Kept.Location != "/requests/"+number || o.Kept.Status != 201 {
				b.Errorf("%s: %v, kept %+v", k, err, o.Kept)
			}
			if _, err := b.filed(restarted, b.Clerk, key(k, "bodY")); kindOf(err) != models.Invalid {
				b.Errorf("%s with another body: %v", k, err)
			}
		}
		if after := b.rows(); after != before {
			b.Errorf("before %s\nafter  %s", before, after)
		}
		Score(b, "S12", "keys used again on "+b.s.Dialect(), n, "409 while running; after 30 days less a minute and a restart the same answer, 422 for another body, no row more")
	})
}
