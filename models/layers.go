package models

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"formwandel/models/definition"
	"formwandel/models/fields"
)

// layer is a value that lies on a field, and the request that laid it there;
// 0 is whatever was there before requests.
type layer struct {
	value    fields.Value
	request  int64
	foreseen bool // it is still to come
}

// layers are what lies on fields, the lowest first; the top one is what holds.
// When the time of a temporary change is over its layer is lifted, wherever it
// lies: on top, the one below shows; further down, nothing changes now, and it
// is gone when those above it go.
type layers map[string][]layer

func (l layers) lay(field string, x layer) { l[field] = append(l[field], x) }

func (l layers) lift(field string, request int64) {
	l[field] = slices.DeleteFunc(l[field], func(x layer) bool { return x.request == request })
}

// top is what holds.
func (l layers) top(field string) layer {
	if n := len(l[field]); n > 0 {
		return l[field][n-1]
	}
	return layer{}
}

// below is what would hold without a request and all that came after it.
func (l layers) below(field string, request int64) (fields.Value, bool) {
	i := slices.IndexFunc(l[field], func(x layer) bool { return x.request == request })
	if i < 1 {
		return "", false
	}
	return l[field][i-1].value, true
}

// above are the requests that lie on a field over one, 0 for what came past requests.
func (l layers) above(field string, request int64) (ids []int64) {
	i := slices.IndexFunc(l[field], func(x layer) bool { return x.request == request })
	for _, x := range l[field][i+1:] {
		ids = append(ids, x.request)
	}
	return ids
}

// show lets a field hold a value, whoever brought it there, if it does not yet.
func (l layers) show(field string, v fields.Value) {
	if len(l[field]) == 0 || l.top(field).value != v {
		l.lay(field, layer{value: v})
	}
}

// laid is one step of a form's past: a version in which a request laid its
// value on a field (cause apply), or took it away again (return).
type laid struct {
	RequestID int64
	Cause     string
	Returned  bool // its time is over, even if a return changed nothing
	Field     string
	Old, New  fields.Value
	Effective time.Time  // when the version was to come
	ReturnAt  *time.Time // when the request's time is over, of a temporary one
}

// layersOf are what lies on fields after a past, with live as what holds now.
func layersOf(live map[string]fields.Value, past []laid) layers {
	l := layers{}
	var ending []laid // what was temporary and is over by now; a return that changed nothing has made no version
	for _, x := range past {
		if x.Cause == causeReturn {
			l.lift(x.Field, x.RequestID)
			continue
		}
		ending = slices.DeleteFunc(ending, func(y laid) bool {
			over := !y.ReturnAt.After(x.Effective)
			if over {
				l.lift(y.Field, y.RequestID)
			}
			return over
		})
		if x.Returned && x.ReturnAt != nil {
			ending = append(ending, x)
		}
		l.show(x.Field, x.Old)
		l.lay(x.Field, layer{value: x.New, request: x.RequestID})
	}
	for _, x := range past {
		if x.Returned {
			l.lift(x.Field, x.RequestID)
		}
	}
	for field := range l {
		l.show(field, live[field])
	}
	return l
}

// loadPast reads what requests have done to some fields of a form, oldest first.
func loadPast(db *gorm.DB, form int64, names []string) ([]laid, error) {
	if len(names) == 0 {
		return nil, nil
	}
	var out []laid
	err := db.Raw(`SELECT k.request_id, k.cause, r.returned, c.field, c.old, c.new, k.effective, r.return_at FROM configurations k
		JOIN requests r ON r.id = k.request_id JOIN changes c ON c.request_id = k.request_id
		WHERE k.form_id = ? AND c.field IN ? ORDER BY k.number`, form, names).Scan(&out).Error
	return out, err
}

// layers are what lies on the fields of the request now, what this
// transaction has done to the form before included.
func (st *step) layers() (layers, error) {
	if st.tx.touched[st.form.ID] {
		if err := st.tx.flush(); err != nil {
			return nil, err
		}
	}
	return st.tx.layersUnder(st.r, st.live, st.def)
}

// layersUnder are what lies on the fields of a request, as the database has it.
func (t *tx) layersUnder(r *Request, live *liveForm, d *definition.Definition) (layers, error) {
	var names []string
	for _, c := range r.Changes {
		names = append(names, c.Field)
	}
	past, err := loadPast(t.db, live.form.ID, names)
	return layersOf(live.values, rewrittenPast(d, past)), err
}
