package main_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestStopUnderLoad tells the program to stop while people file: what it has
// taken is answered, and it says that all went well.
func TestStopUnderLoad(t *testing.T) {
	p := newProgram(t, build(t), "")
	addr := freeAddr(t)
	o := newOffice(p, addr)
	o.http.Transport = &http.Transport{DisableKeepAlives: true} // a call that gets no answer has then not been taken
	s := p.serve(addr).wait()

	var told sync.Map // what was acknowledged
	var refused, lost sync.Map
	var people sync.WaitGroup
	for i := range 8 {
		people.Go(func() {
			for n := 0; ; n++ {
				marker := fmt.Sprintf("Auftrag %d-%d", i, n)
				r, err := o.send(addr, call{who: "sachbearbeitung@bautzen.example", method: http.MethodPost, path: "/api/v1/requests", key: marker[8:], body: map[string]any{
					"form": "14625020/KOMM24Geburtsurkunde", "reason": marker, "effective": map[string]any{"kind": "from", "date": "2098-12-01"},
					"changes": []map[string]any{{"field": "gebuehren.erste", "new": 2100 + n}}, "submit": true,
				}})
				switch {
				case err != nil:
					lost.Store(marker, err)
					return
				case r.status != http.StatusCreated:
					refused.Store(marker, string(r.body))
					return
				}
				told.Store(marker, true)
			}
		})
	}
	for size(&told) < 40 && size(&refused) == 0 && size(&lost) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	s.stop()
	people.Wait()

	refused.Range(func(marker, why any) bool { t.Errorf("%s: %s", marker, why); return true })
	db := p.open()
	defer db.Close()
	rows, err := db.Query(`SELECT reason FROM requests`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	filed := 0
	for rows.Next() {
		var marker string
		if err := rows.Scan(&marker); err != nil {
			t.Fatal(err)
		}
		filed++
		if _, ok := told.Load(marker); !ok {
			why, _ := lost.Load(marker)
			t.Errorf("%s was filed and its clerk got no answer: %v", marker, why)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if n := size(&told); n != filed {
		t.Errorf("%d acknowledged, %d filed", n, filed)
	}
}

func size(m *sync.Map) (n int) {
	m.Range(func(any, any) bool { n++; return true })
	return n
}
