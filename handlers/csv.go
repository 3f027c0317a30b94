package handlers

import "strings"

// harmless are cells that no spreadsheet takes for a formula: what begins like
// one, also behind blanks or quotes and in full-width letters, gets an apostrophe.
func harmless(cells ...string) []string {
	out := make([]string, len(cells))
	for i, cell := range cells {
		out[i] = cell
		if begins := strings.TrimLeft(cell, " \u00a0\u3000\"'"); begins != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(begins)[0]) {
			out[i] = "'" + cell
		}
	}
	return out
}
