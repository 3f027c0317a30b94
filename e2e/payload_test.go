package e2e

import (
	"encoding/base64"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// payload is what somebody types who wants a page to do something. It calls
// x35(number) or asks the host x35.example for /number: either is heard.
type payload struct {
	number int
	family string
	text   string
}

// evil is the host that nobody's page may ask for anything.
const evil = "x35.example"

// plain tells whether a payload has no line ends and nothing that cannot be seen:
// what people type is refused with such, and is seen only where it is echoed.
func (p payload) plain() bool {
	return !strings.ContainsFunc(p.text, func(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }) && strings.TrimSpace(p.text) == p.text
}

// payloads are all of them, numbered; no two are alike.
func payloads() []payload {
	var out []payload
	seen := map[string]bool{}
	for _, f := range slices.Concat(families, brief) {
		for _, text := range f.texts() {
			if seen[text] {
				continue
			}
			seen[text] = true
			n := len(out) + 1
			number := strconv.Itoa(n)
			out = append(out, payload{n, f.name, strings.NewReplacer("RUN", "x35("+number+")", "FROM", "//"+evil+"/"+number, "NUM", number).Replace(encoded(text, n))})
		}
	}
	return out
}

// written are ways to write a text so that one reader sees signs and another does not.
var written = map[string]func(string) string{
	"decimal":    func(s string) string { return each(s, "&#%d;") },
	"lazy":       func(s string) string { return each(s, "&#%07d") },
	"hex":        func(s string) string { return each(s, "&#x%X;") },
	"named":      html.EscapeString,
	"twice":      func(s string) string { return html.EscapeString(html.EscapeString(s)) },
	"percent":    url.PathEscape,
	"percent2":   func(s string) string { return url.PathEscape(url.PathEscape(s)) },
	"percentall": func(s string) string { return each(s, "%%%02x") },
	"js":         func(s string) string { return each(s, `\u%04x`) },
	"jshex":      func(s string) string { return each(s, `\x%02x`) },
	"octal":      func(s string) string { return each(s, `\%03o`) },
	"css":        func(s string) string { return each(s, `\%06x `) },
	"wide":       func(s string) string { return strings.Map(widened, s) },
	"utf7": func(s string) string {
		return strings.NewReplacer("<", "+ADw-", ">", "+AD4-", `"`, "+ACI-", "=", "+AD0-").Replace(s)
	},
	"base64": func(s string) string { return "data:text/html;base64," + base64.StdEncoding.EncodeToString([]byte(s)) },
	"svg64": func(s string) string {
		return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(s))
	},
	"upper":  strings.ToUpper,
	"nul":    func(s string) string { return each(s, "%c\x00") },
	"joined": func(s string) string { return each(s, "%c\u200b") },
}

func each(s, format string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, format, r)
	}
	return b.String()
}

// widened is the full-width form of a sign.
func widened(r rune) rune {
	if r > ' ' && r < 0x7f {
		return r + 0xfee0
	}
	return r
}

// encoded carries out what a text says about itself: @name:text is text written that way. Its call keeps its number.
func encoded(text string, n int) string {
	name, rest, marked := strings.Cut(strings.TrimPrefix(text, "@"), ":")
	if write, known := written[name]; known && marked && strings.HasPrefix(text, "@") {
		if rest = write(strings.ReplaceAll(rest, "RUN", "x35("+strconv.Itoa(n)+")")); name == "base64" {
			return `<iframe x35 src="` + rest + `"></iframe>`
		} else if name == "svg64" {
			return `<embed x35 src="` + rest + `">`
		}
		return rest + " NUM"
	}
	return text
}

// family is a kind of payload.
type family struct {
	name  string
	texts func() []string
}

// lines are the lines of a list.
func lines(list string) func() []string {
	return func() []string { return strings.Split(strings.Trim(list, "\n"), "\n") }
}

// times puts every second text where the first ones have %s.
func times(first, second string) func() []string {
	return func() []string {
		var out []string
		for _, a := range lines(first)() {
			for _, b := range lines(second)() {
				out = append(out, strings.ReplaceAll(a, "%s", b))
			}
		}
		return out
	}
}

// codes writes every text in every way.
func codes(texts string) func() []string {
	return func() []string {
		var out []string
		for name := range written {
			for _, text := range lines(texts)() {
				out = append(out, "@"+name+":"+text)
			}
		}
		slices.Sort(out) // a payload's number is the same in every run
		return out
	}
}

// unseen are texts with signs that have no shape.
func unseen() []string {
	return []string{
		"<scr\x00ipt>RUN</script>", "<\x00script>RUN</script>", "<script\x00>RUN</script>", "<img\x0bsrc=x\x0bonerror=RUN>", "<img\x0csrc=x\x0conerror=RUN>", "<svg\x09onload=RUN>", "<svg\nonload=RUN>", "<svg\r\nonload=RUN>",
		"<a href=\"\x01javascript:RUN\">x</a>", "<a href=\"java\tscript:RUN\">x</a>", "<a href=\"java\nscript:RUN\">x</a>", "<a href=\"java\rscript:RUN\">x</a>", "<a href=\"\u00a0javascript:RUN\">x</a>", "\u2028<script>RUN</script>", "\u2029<img src=x onerror=RUN>",
		"\ufeff<script>RUN</script>", "<\u200bscript>RUN</script>", "<s\u00adcript>RUN</s\u00adcript>", "\u202e>tpircs/<RUN>tpircs<", "\u202d<script>RUN</script>\u202c", "<script>//\u2028RUN</script>", "<script>//\nRUN\n</script>", "<!--\n--><script>RUN</script>",
		"[x](java\nscript:RUN)", "[x](java\tscript:RUN)", "\x1b[31m<script>RUN</script>", "%0d%0a\r\n<script>RUN</script>", "<img src=x on\x00error=RUN>", "<img src=x onerror\x00=RUN>", "<img src=x onerror=\x00RUN>", "<style>\n@import '//x35.example/NUM';\n</style>", "</tit\x00le><script>RUN</script>",
	}
}
