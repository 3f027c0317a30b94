package models_test

import (
	"strings"
	"testing"

	"formwandel/models"
	"formwandel/models/definition"
	. "formwandel/models/modelstest"
)

// stuck lets a municipality's history take nothing; free lets it again.
func (b *behind) stuck(ags string) (free func()) {
	b.Helper()
	if b.sqlite() {
		b.exec("CREATE TRIGGER stuck BEFORE INSERT ON events WHEN NEW.ags = '" + ags + "' BEGIN SELECT RAISE(ABORT, 'the record takes nothing'); END")
		return func() { b.exec("DROP TRIGGER stuck") }
	}
	b.exec("CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the record takes nothing'; END $$")
	b.exec("CREATE TRIGGER stuck BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.ags = '" + ags + "') EXECUTE FUNCTION stuck()")
	return func() { b.exec("DROP TRIGGER stuck ON events"); b.exec("DROP FUNCTION stuck()") }
}

// TestABrokenImportIsFinished by the next one of the same questionnaire, and by the same call sent again.
func TestABrokenImportIsFinished(t *testing.T) {
	for name, again := range map[string]bool{"anew": false, "the same call": true} {
		t.Run(name, func(t *testing.T) {
			look(t, func(b *behind) {
				_, d, err := b.s.Assistant(ctx, Birth)
				b.must(err)
				next, err := definition.Read(strings.NewReader(strings.NewReplacer(`"version":1`, `"version":2`, `"max":1000000`, `"max":500000`).Replace(string(d.JSON()))), "next")
				b.must(err)
				once := func() *models.Once {
					return &models.Once{Key: "import", Body: []byte("fragebogen"), Answer: func(any) (int, string, []byte, error) { return 200, "", []byte("{}"), nil }}
				}
				take := func() error {
					if !again {
						return last(b.s.ImportAssistant(ctx, next))
					}
					return last(b.s.TakeAssistant(ctx, b.Admin, next, once()))
				}
				free := b.stuck(Leipzig)
				if err := take(); err == nil {
					b.Fatal("nothing broke")
				}
				b.follow(1)
				free()
				b.must(take())
				b.follow(2)
				b.must(take())
				b.follow(2)
				b.audit()
			})
		})
	}
}

// follow asserts how many forms have the second version of their questionnaire.
func (b *behind) follow(want int64) {
	b.Helper()
	if n := b.number("SELECT count(*) FROM forms WHERE assistant = ? AND definition = 2", Birth); n != want {
		b.Errorf("%d forms have the new questionnaire, want %d", n, want)
	}
	if n := b.number("SELECT count(*) FROM events WHERE action = 'definition'"); n != want {
		b.Errorf("%d events say so, want %d", n, want)
	}
}
