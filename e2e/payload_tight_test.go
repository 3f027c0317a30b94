package e2e

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// longTight is the most characters of a payload that fits twice into every name: 60 are the least that a field takes.
const longTight = 28

// tight tells whether a payload fits into every field there is: short, and whole as the name of a file,
// which ends at a slash, in an address, which has no backslash, and as the name of a municipality, which ends at a comma.
func (p payload) tight() bool {
	return p.plain() && utf8.RuneCountInString(p.text) <= longTight && !strings.ContainsAny(p.text, `/\`) && !strings.Contains(p.text, ", ")
}

// dealt are the payloads by chance in so many rounds, in each as many that fit everywhere.
func dealt(all []payload, rounds int, chance *rand.Rand) [][]payload {
	chance.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	out, of := make([][]payload, rounds), map[bool]int{}
	for _, p := range all {
		tight := p.tight()
		i := of[tight] % rounds
		out[i] = append(out[i], p)
		of[tight]++
	}
	return out
}

// shortFirst are the round's payloads for a field that takes few texts in a round.
func (r *round) shortFirst() *round {
	sorted := *r
	sorted.list = slices.Clone(r.list)
	slices.SortStableFunc(sorted.list, func(a, b payload) int { return len(r.words(a)) - len(r.words(b)) })
	return &sorted
}

// TestEnoughPayloadsFitEverywhere: every field can be tried with as many as are asked for.
func TestEnoughPayloadsFitEverywhere(t *testing.T) {
	of, texts := map[string]int{}, map[string]bool{}
	for _, p := range payloads() {
		if p.tight() {
			of[p.family]++
			texts[p.text] = true
		}
	}
	t.Logf("%d by family: %v", len(texts), of)
	if len(texts) < asked*rounds {
		t.Errorf("%d payloads fit everywhere", len(texts))
	}
}

// brief are the kinds of payloads that are made for fields with little room.
var brief = []family{
	{"brief: events", times(`<b %s=RUN>`, events)},
	{"brief: out of an attribute", times(`
"%s=RUN x="
'%s=RUN x='
x %s=RUN
" %s="RUN
' %s='RUN
"%s=RUN>`, `
onblur
onclick
oncut
onfocus
onload
onerror
onpaste
ontoggle
onwheel`)},
	{"brief: elements", times(`<%s onclick=RUN>`, elements)},
	{"brief: out of something", times(`
">%s
'>%s
>%s
-->%s
--!>%s
]]>%s
?>%s
%>%s
}}%s
*}%s
;}%s
)%s
<!%s
<!>%s
<!-->%s
&gt;%s`, `
<svg onload=RUN>
<b onclick=RUN>`)},
	{"brief: spelt", times(`
<%s=RUN
<<%s=RUN>
<%s =RUN>
<%s= RUN>
<%s="RUN">
<%s='RUN'>
<%s=(RUN)>
<%s=+RUN>
<%s=RUN;>
<%s=RUN <b>
<%s=RUN x=`, `
svg onload
SVG ONLOAD
sVg oNlOaD
body onload
p onclick`)},
	{"brief: in a script's text", times(`
'%sRUN%s'
"%sRUN%s"
`+"`%sRUN%s`", `
+
-
*
|
&
^
<
>
,
?
||
&&
==
??`)},
	{"brief: calls", lines(calls)},
	{"brief: schemes", lines(schemes)},
	{"brief: templates", lines(templated)},
	{"brief: codes", times(`
%sb onclick=RUN>
%sq oncut=RUN>`, `
&lt;
&LT;
&lt
&#60;
&#060;
&#x3c;
&#x3C;
&amp;lt;
%3C
%3c
%253C
+ADw-
＜
﹤
‹
❮
¼
˂`)},
	{"brief: quotes", times(`
%sonclick=RUN x=
%soncut=RUN x=`, `
&quot;
&#34;
&#x22;
&apos;
&#39;
&#x27;
%22
%27
%2522
＂
＇
”
’
ʺ
ʹ
´`)},
	{"brief: inside another", times(`<%s><b onclick=RUN>`, `
svg
math
table
title
style
xmp
select
template
form
dl
map
pre
ul
tr
h1
a`)},
	{"brief: names", times(`<a id=%s x35=NUM>`, `
csrf
key
body
head
cookie
forms
title
location
domain
top
self
x35
main
inhalt`)},
}
