package templates

import "strings"

// DiffPiece is a run of words that stayed, went or came.
type DiffPiece struct {
	Kind string // same, gone or new
	Text string
}

// most is how many pairs of words are compared; texts that differ more are shown whole, one after the other.
const most = 1 << 20

// diffWords compares two texts word by word.
func diffWords(before, after string) []DiffPiece {
	a, b := splitWords(before), splitWords(after)
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var out pieces
	out.add("same", a[:head]...)
	out.middle(a[head:len(a)-tail], b[head:len(b)-tail])
	out.add("same", a[len(a)-tail:]...)
	return out
}

// splitWords cuts a text into words, each with the white space after it.
func splitWords(s string) []string {
	var out []string
	for s != "" {
		word := strings.IndexAny(s, " \n\t\u00a0")
		if word < 0 {
			return append(out, s)
		}
		end := len(s) - len(strings.TrimLeft(s[word:], " \n\t\u00a0"))
		out = append(out, s[:end])
		s = s[end:]
	}
	return out
}

type pieces []DiffPiece

// add appends words, to the last run if it is of the same kind.
func (p *pieces) add(kind string, words ...string) {
	if len(words) == 0 {
		return
	}
	text := strings.Join(words, "")
	if n := len(*p); n > 0 && (*p)[n-1].Kind == kind {
		(*p)[n-1].Text += text
		return
	}
	*p = append(*p, DiffPiece{kind, text})
}

// middle adds what differs, with the longest common sequence of words in it.
func (p *pieces) middle(a, b []string) {
	if len(a)*len(b) > most {
		p.add("gone", a...)
		p.add("new", b...)
		return
	}
	common := commonLengths(a, b)
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			p.add("same", a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			p.add("gone", a[i])
			i++
		default:
			p.add("new", b[j])
			j++
		}
	}
}

// commonLengths holds, for each pair of rests of a and b, the length of their longest common sequence.
func commonLengths(a, b []string) [][]int16 {
	table := make([][]int16, len(a)+1)
	for i := range table {
		table[i] = make([]int16, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				table[i][j] = table[i+1][j+1] + 1
			} else {
				table[i][j] = max(table[i+1][j], table[i][j+1])
			}
		}
	}
	return table
}
