package main_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"formwandel/models/modelstest"
)

// shell is a body on its way, with the statuses that refuse it.
type shell struct {
	name, path, kind, encoding string
	body                       []byte
	known                      bool // sent by somebody with a token
	refused                    []int
}

// shells are bombs of every packing, to everybody's addresses and to people's, and what is large in other ways.
func shells(t *testing.T, number string) []shell {
	const inflated = 200 << 20
	packings := map[string][]byte{
		"gzip":    modelstest.Packed(t, inflated, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }),
		"deflate": modelstest.Packed(t, inflated, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.DefaultCompression) }),
		"br":      fasthttp.AppendBrotliBytesLevel(nil, make([]byte, inflated), fasthttp.CompressBrotliDefaultCompression),
		"zstd":    fasthttp.AppendZstdBytesLevel(nil, make([]byte, inflated), fasthttp.CompressZstdDefault),
	}
	files := "/api/v1/requests/" + number + "/attachments"
	var out []shell
	for encoding, body := range packings {
		for _, known := range []bool{true, false} {
			out = append(out, shell{encoding, "/api/v1/requests", "application/json", encoding, body, known, []int{415, 413}},
				shell{encoding + " as a form", "/anmelden", "application/x-www-form-urlencoded", encoding, body, known, []int{415, 413}},
				shell{encoding + " as a file", files, "multipart/form-data; boundary=x", encoding, body, known, []int{415, 413}})
		}
	}
	parts := "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n"
	return append(out,
		shell{"100,000 parts", files, "multipart/form-data; boundary=x", "", []byte(strings.Repeat(parts, 100_000) + "--x--\r\n"), true, []int{400, 413}},
		shell{"a million fields", "/anmelden", "application/x-www-form-urlencoded", "", []byte(strings.Repeat("a=&", 1_000_000)), false, []int{413}},
		shell{"deep JSON", "/api/v1/requests", "application/json", "", []byte(strings.Repeat("[", 900_000)), true, []int{400}},
		shell{"wide JSON", "/api/v1/requests", "application/json", "", []byte(`{"sections":[` + strings.Repeat(`"a",`, 200_000) + `"a"]}`), true, []int{404, 422}},
		shell{"11 MB of JSON", "/api/v1/requests", "application/json", "", bytes.Repeat([]byte(" "), 11<<20), true, []int{413}},
		shell{"a packed file", files, "multipart/form-data; boundary=x", "", []byte("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n" + string(packings["gzip"]) + "\r\n--x--\r\n"), true, []int{415}},
	)
}

// TestBombs: within 256 MB the program refuses every bomb, stays below 200 MB, and answers everybody else.
func TestBombs(t *testing.T) {
	p := newProgram(t, built, "")
	token := p.token("sachbearbeitung@bautzen.example")
	how := p.within(256 << 20)
	s := p.serve(freeAddr(t)).wait()
	number := fileOne(t, s.addr, token)
	all := shells(t, number)
	o := work(t, s.addr, token)
	rounds, thrown, statuses := modelstest.Share(1000), 0, map[int]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 10}}
	for worker := range 10 {
		wg.Go(func() {
			for i := range rounds {
				b := all[(i*10+worker)%len(all)]
				status, err := b.throw(client, s.addr, token)
				mu.Lock()
				thrown++
				statuses[status]++
				if err != nil || !slices.Contains(b.refused, status) {
					t.Errorf("%s: %d, %v", b.name, status, err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	n, p95 := o.end("bombs")
	most := peak(t, s.cmd.Process.Pid)
	if most > 200 {
		t.Errorf("%d MB were resident", most)
	}
	s.stop()
	modelstest.Score(t, "S24", fmt.Sprintf("bombs (gzip, deflate, br, zstd of 200 MB, 100,000 parts, a million fields, deep JSON) ten at a time, 256 MB by %s", how), thrown,
		fmt.Sprintf("alive, at most %d MB resident, statuses %v; %d calls of others all answered, 95 %% within %s", most, statuses, n, p95))
}

// throw sends it. A server that hangs up while a large body is being sent has refused it as well as it can.
func (b shell) throw(client *http.Client, addr, token string) (int, error) {
	req, err := http.NewRequest(http.MethodPost, "http://"+addr+b.path, bytes.NewReader(b.body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", b.kind)
	if b.encoding != "" {
		req.Header.Set("Content-Encoding", b.encoding)
	}
	if b.known {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := client.Do(req)
	if err != nil {
		if len(b.body) > 256<<10 {
			return b.refused[0], nil
		}
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// fileOne files a request and tells its number.
func fileOne(t *testing.T, addr, token string) string {
	t.Helper()
	body := `{"form":"14625020/KOMM24Geburtsurkunde","effective":{"kind":"from","date":"2030-01-01"},"sections":["gebuehren"],"changes":[{"field":"gebuehren.erste","new":2500}],"submit":true}`
	req, err := http.NewRequest(http.MethodPost, "http://"+addr+"/api/v1/requests", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	to := res.Header.Get("Location")
	if res.StatusCode != http.StatusCreated || to == "" {
		text, _ := io.ReadAll(res.Body)
		t.Fatalf("%s: %s", res.Status, text)
	}
	return to[strings.LastIndexByte(to, '/')+1:]
}
