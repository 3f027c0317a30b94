package mailer

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"formwandel/mailer/smtptest"
	"formwandel/models"
	"formwandel/models/modelstest"
)

// The clerk of Bautzen files, the agent claims and asks: everybody who has to
// know finds one mail, and the outbox knows that they were sent.
func TestTheStoresMailsArrive(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		cast := modelstest.Stage(t, s)
		server := smtptest.Start(t, smtptest.Options{Plain: true})
		w, err := New(Config{
			Outbox: s, Sender: newSMTP(t, server, Patience{}), From: sender, BaseURL: base,
			Now: modelstest.Epoch.Local, Log: quiet(t),
		})
		if err != nil {
			t.Fatal(err)
		}
		run(t, w)
		ask(t, s, cast)
		eventually(t, "all mails", func() bool {
			sent, _, err := s.Mails(t.Context(), cast.Admin, "sent", "", 200)
			return err == nil && len(sent) >= 5 && len(sent) == len(server.Messages())
		})
		letters := server.MessagesTo("sachbearbeitung@bautzen.example")
		i := slices.IndexFunc(letters, func(m smtptest.Message) bool { return bytes.Contains(m.Data, []byte("Auch f")) })
		if i < 0 {
			t.Fatalf("no question among %d", len(letters))
		}
		h, text, _ := strict(t, letters[i].Data)
		if got := subjectOf(t, h); got != "[KA-2026-000001] Rückfrage: Geburtsurkunde (Bautzen)" {
			t.Errorf("subject %q", got)
		}
		for _, want := range []string{"\r\n> Auch für weitere Urkunden?\r\n", "\r\n- Gebühr erste Geburtsurkunde: ", "\r\n" + base + "/auftraege/KA-2026-000001\r\n"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing in\n%s", want, text)
			}
		}
	})
}

func ask(t *testing.T, s *models.Store, cast *modelstest.Cast) {
	t.Helper()
	c, err := s.File(t.Context(), cast.Clerk, models.FileInput{
		Form: modelstest.Bautzen + "/" + modelstest.Birth, Submit: true,
		Content: models.Content{
			Effective: &models.EffectiveInput{Kind: "from", Date: "2027-01-01"},
			Changes:   &[]models.ChangeInput{{Field: "gebuehren.erste", New: []byte("2500")}},
		},
	})
	for _, step := range []struct {
		action  models.Action
		comment string
	}{{models.Claim, ""}, {models.Ask, "Auch für weitere Urkunden?"}} {
		if err == nil {
			c, err = s.Do(t.Context(), cast.Agent, c.Number, step.action, models.Input{Version: c.Version, Comment: step.comment})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}
