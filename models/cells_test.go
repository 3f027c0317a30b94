package models

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm/schema"

	"formwandel/models/calendar"
	"formwandel/models/fields"
)

// TestRowsTakeTheirColumns: every column of a row goes where GORM's mapping, by which it is written, says it belongs.
func TestRowsTakeTheirColumns(t *testing.T) {
	t.Run("a request", takesItsColumns(requestColumns, (*Request).takeFrom))
	t.Run("a change", takesItsColumns(changeColumns, (*Change).takeFrom))
	t.Run("an approval", takesItsColumns(approvalColumns, (*Approval).takeFrom))
	t.Run("an account", takesItsColumns(userColumns, (*User).takeFrom))
}

func takesItsColumns[T any](list string, take func(*T, *cells)) func(*testing.T) {
	return func(t *testing.T) { holdsColumns(t, list, take) }
}

func holdsColumns[T any](t *testing.T, list string, take func(*T, *cells)) {
	sch := schemaOf(t, new(T))
	names := columnsOf(list)
	if len(names) != len(sch.DBNames) {
		t.Fatalf("it has %d columns, and %d are read", len(sch.DBNames), len(names))
	}
	for flagged := range names { // all of them differ, but for flags: one of these is up at a time
		x := newCells(names)
		for i, name := range names {
			x.held[i] = cellFor(sch.LookUpField(name), i, i == flagged)
		}
		row := new(T)
		take(row, x)
		if err := x.done(); err != nil {
			t.Fatal(err)
		}
		for i, name := range names {
			f := sch.LookUpField(name)
			got, _ := f.ValueOf(context.Background(), reflect.ValueOf(row).Elem())
			if want := x.held[i]; !holds(got, want) {
				t.Errorf("%s holds %v instead of %v", name, got, want)
			}
		}
	}
}

// schemaOf is how GORM maps a row.
func schemaOf(t *testing.T, row any) *schema.Schema {
	t.Helper()
	sch, err := schema.Parse(row, &sync.Map{}, schema.NamingStrategy{})
	if err != nil {
		t.Fatal(err)
	}
	return sch
}

// columnsOf are the names in a list of columns.
func columnsOf(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return strings.ContainsRune(", \t\n", c) })
}

// cellFor is a cell as a driver gives it that is like no other of its row.
func cellFor(f *schema.Field, i int, up bool) any {
	typ := f.FieldType
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	at := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	switch {
	case typ == reflect.TypeFor[calendar.Day]():
		return at.AddDate(0, 0, i)
	case typ == reflect.TypeFor[time.Time]():
		return at.Add(time.Duration(i) * time.Second)
	case typ == reflect.TypeFor[StringList]():
		return fmt.Sprintf(`["%d"]`, i)
	case typ.Kind() == reflect.Bool:
		return up
	case typ.Kind() == reflect.String:
		return fmt.Sprint("cell ", i)
	}
	return int64(i + 1)
}

// holds tells whether a field has what its cell said.
func holds(got, cell any) bool {
	if v, ok := got.(driver.Valuer); ok {
		got, _ = v.Value()
	}
	v := reflect.Indirect(reflect.ValueOf(got))
	if at, ok := cell.(time.Time); ok && v.Kind() == reflect.String {
		return v.String() == at.Format(time.DateOnly)
	}
	return fmt.Sprint(v) == fmt.Sprint(cell)
}

// TestCellsThatAreNotWhatTheyAreTakenFor: NULL is nothing; anything else that does not fit fails the row, and so does a cell too few or too many.
func TestCellsThatAreNotWhatTheyAreTakenFor(t *testing.T) {
	takers := map[string]func(x *cells) any{
		"text": func(x *cells) any { return x.text() }, "number": func(x *cells) any { return x.number() }, "count": func(x *cells) any { return x.count() },
		"flag": func(x *cells) any { return x.flag() }, "instant": func(x *cells) any { return x.instant().IsZero() }, "day": func(x *cells) any { return own[calendar.Day](x).IsZero() },
		"perhaps a number": func(x *cells) any { return x.perhapsNumber() == nil }, "perhaps an instant": func(x *cells) any { return x.perhapsInstant() == nil },
	}
	nothing := map[string]any{"text": "", "number": int64(0), "count": 0, "flag": false, "instant": true, "day": true, "perhaps a number": true, "perhaps an instant": true}
	for name, take := range takers {
		x := newCells([]string{"a", "b"})
		if got := take(x); got != nothing[name] || x.err != nil {
			t.Errorf("%s of NULL is %v (%v)", name, got, x.err)
		}
		if x.done() == nil {
			t.Errorf("%s: nobody has missed the second cell", name)
		}
		x = newCells([]string{"a"})
		x.held[0] = 1.5
		if got := take(x); got != nothing[name] || x.err == nil || !strings.Contains(x.done().Error(), "column a") {
			t.Errorf("%s of 1.5 is %v (%v)", name, got, x.err)
		}
		x = newCells([]string{"a"})
		if take(x); take(x) != nothing[name] || x.done() == nil {
			t.Errorf("%s: nobody has missed a second cell", name)
		}
	}
	for cell, want := range map[any]bool{true: true, false: false, int64(1): true, int64(0): false} {
		x := newCells([]string{"a"})
		if x.held[0] = cell; x.flag() != want || x.done() != nil {
			t.Errorf("the flag %v is not %t", cell, want)
		}
	}
	x := newCells([]string{"a"})
	if x.held[0] = []byte("ä"); x.text() != "ä" || x.done() != nil {
		t.Error("bytes are no text")
	}
}

// TestStampsAreAsTheLayoutSays, whatever the instant.
func TestStampsAreAsTheLayoutSays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	ats := []time.Time{{}, time.Date(-1, 12, 31, 23, 59, 59, 999999999, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 1000, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999999, calendar.Berlin)}
	for range 2000 {
		ats = append(ats, time.Unix(r.Int64N(300_000_000_000)-62_000_000_000, r.Int64N(1_000_000_000)).In(calendar.Berlin))
	}
	for _, at := range ats {
		if want := at.UTC().Format(stampLayout); stamp(at) != want {
			t.Fatalf("%s instead of %s", stamp(at), want)
		}
	}
}

// TestContentIsInOrderWhateverCameBefore: that the order of a form's fields is kept changes no byte of a version.
func TestContentIsInOrderWhateverCameBefore(t *testing.T) {
	l := &liveForm{values: map[string]fields.Value{"b": "2", "a": `"x"`, "c": ""}}
	shared := l.values
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() {}, `{"a":"x","b":2}`},
		{func() { l.set(map[string]fields.Value{"c": "3"}) }, `{"a":"x","b":2,"c":3}`},
		{func() { l.set(map[string]fields.Value{"aa": "4", "b": ""}) }, `{"a":"x","aa":4,"c":3}`},
		{func() { l.values = map[string]fields.Value{"z": "1", "y": "2", "x": "3", "w": "4"} }, `{"w":4,"x":3,"y":2,"z":1}`},
		{func() { l.values = nil }, `{}`},
	} {
		step.do()
		if got := l.content(); got != step.want || got != content(l.values) {
			t.Errorf("%s instead of %s", got, step.want)
		}
	}
	if got := content(shared); got != `{"a":"x","b":2}` {
		t.Errorf("what memory holds was changed: %s", got)
	}
}

// TestWhatIsRememberedStaysAsItWas while a later transaction changes the form on.
func TestWhatIsRememberedStaysAsItWas(t *testing.T) {
	s := &Store{}
	l := &liveForm{form: Form{ID: 7}, values: map[string]fields.Value{"a": "1"}}
	l.set(map[string]fields.Value{"a": "2"})
	s.rememberLive(l)
	kept, _ := s.lives.Load(int64(7))
	later := *kept.(*liveForm)
	later.set(map[string]fields.Value{"a": "3"})
	if got := kept.(*liveForm).content(); got != `{"a":2}` || later.content() != `{"a":3}` {
		t.Errorf("memory holds %s, the transaction %s", got, later.content())
	}
}

// TestAFormIsPointedAtItsLastVersionOnly: versions that are not live for a moment cost no statement.
func TestAFormIsPointedAtItsLastVersionOnly(t *testing.T) {
	tx := &tx{s: &Store{}, actor: clockUser, changed: map[int64]*liveForm{}}
	l := &liveForm{form: Form{ID: 7}, config: Configuration{FormID: 7, Number: 3}}
	pointed := func() []any {
		tx.queue, tx.streams = nil, [3][]any{}
		tx.append(l, Configuration{Cause: causeApply})
		tx.append(l, Configuration{Cause: causeApply, Maintenance: true, Definition: 2})
		tx.streams = [3][]any{}
		tx.gather()
		if len(tx.queue) != 1 || tx.queue[0].want != 1 || !strings.HasPrefix(tx.queue[0].sql, "UPDATE forms") {
			t.Fatalf("%+v", tx.queue)
		}
		return tx.queue[0].args
	}
	for i, want := range [][]any{{int64(5), 2, true, int64(7), int64(3)}, {int64(7), 2, true, int64(7), int64(5)}} { // again after a flush
		if got := pointed(); !reflect.DeepEqual(got, want) {
			t.Errorf("%d: %v instead of %v", i, got, want)
		}
	}
}

// TestPlainValuesAreTheLibrarys: what a driver gets is what database/sql would have given it.
func TestPlainValuesAreTheLibrarys(t *testing.T) {
	n, at := int64(7), time.Unix(1, 2)
	for _, v := range []any{
		nil, 7, n, &n, (*int64)(nil), at, &at, (*time.Time)(nil), "a", Approved, fields.Value("1"), true, []byte("b"), 1.5, StringList{"a"}, StringList(nil), calendar.NewDay(2027, 1, 1), calendar.Day{},
	} {
		want, err := driver.DefaultParameterConverter.ConvertValue(v)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := plain(v); err != nil || !reflect.DeepEqual(got, want) || !driver.IsValue(got) {
			t.Errorf("%T is %#v instead of %#v (%v)", v, got, want, err)
		}
	}
	if _, err := plain(struct{}{}); err == nil {
		t.Error("a struct was taken for a value")
	}
}

// TestUpdatesAreOfWhatDiffers: each field of a request that is changed goes into its column, and no other does.
func TestUpdatesAreOfWhatDiffers(t *testing.T) {
	n, at := int64(7), time.Unix(1, 0)
	same := func() *Request { // equal, but nothing of it is in the same memory
		n, at := n, at.UTC()
		return &Request{ID: 1, Version: 2, Sections: StringList{"a"}, AssigneeID: &n, CreatedAt: at, SubmittedAt: &at, Date: calendar.NewDay(2027, 1, 1)}
	}
	tx := &tx{ctx: context.Background()}
	if tx.update(same(), same()); len(tx.queue) != 0 {
		t.Errorf("nothing differs, and yet %+v", tx.queue)
	}
	for _, f := range requestFields() {
		after := same()
		switch v := f.ReflectValueOf(tx.ctx, reflect.ValueOf(after).Elem()); v.Interface().(type) {
		case time.Time, *time.Time:
			_ = f.Set(tx.ctx, reflect.ValueOf(after).Elem(), at.Add(time.Hour))
		case calendar.Day:
			v.Set(reflect.ValueOf(calendar.NewDay(2028, 1, 1)))
		case StringList:
			v.Set(reflect.ValueOf(StringList{"b"}))
		case bool:
			v.SetBool(true)
		case *int64:
			other := int64(8)
			v.Set(reflect.ValueOf(&other))
		case int, int64:
			v.SetInt(99)
		default:
			v.SetString("other")
		}
		tx.queue = nil
		tx.update(same(), after)
		if len(tx.queue) != 1 || tx.queue[0].sql != "UPDATE requests SET "+f.DBName+" = ? WHERE id = ? AND version = ?" {
			t.Errorf("%s was changed: %+v", f.DBName, tx.queue)
		}
	}
}

// TestEventsNameTheirMailsLast, in the bytes that EventData would have.
func TestEventsNameTheirMailsLast(t *testing.T) {
	for said, want := range map[string]string{"": `{"mails":["a","b"]}`, `{"reason":"x\"]}"}`: `{"reason":"x\"]}","mails":["a","b"]}`} {
		e := Event{Data: said}
		if e.name(nil); e.Data != said {
			t.Errorf("no mails make %s of %s", e.Data, said)
		}
		if e.name([]string{"a", "b"}); e.Data != want {
			t.Errorf("%s instead of %s", e.Data, want)
		}
		if d, err := e.Decode(); err != nil || !reflect.DeepEqual(d.Mails, []string{"a", "b"}) {
			t.Errorf("%v is read of it (%v)", d.Mails, err)
		}
	}
}

// TestACopiedPolicyIsReadOnce, and one that can't be read never.
func TestACopiedPolicyIsReadOnce(t *testing.T) {
	tx := &tx{copies: map[string]policy{}}
	text := `{"gebuehren":{"municipality":2,"provider":1}}`
	for range 2 {
		p, err := tx.copied(text)
		if m, _, known := p.lanes([]string{"gebuehren"}); err != nil || m != 2 || !known {
			t.Errorf("%v (%v)", p, err)
		}
		if _, err := tx.copied(`{"gebuehren":`); err == nil {
			t.Error("half a policy was read")
		}
	}
	if len(tx.copies) != 1 {
		t.Errorf("%d are kept", len(tx.copies))
	}
}
