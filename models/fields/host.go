package fields

import (
	"regexp"
	"strings"

	"golang.org/x/net/idna"
)

var (
	label     = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	topLabel  = regexp.MustCompile(`^([a-z]{2,63}|xn--[a-z0-9-]{1,59})$`)
	number    = regexp.MustCompile(`^([0-9]+|0x[0-9a-f]*)$`)
	ipInNames = regexp.MustCompile(`(^|[.-])\d{1,3}[.-]\d{1,3}[.-]\d{1,3}[.-]\d{1,3}([.-]|$)`)
)

// inside are the endings of names that mean this machine or this house, and of
// services that resolve to any address one asks them for.
var inside = strings.Fields(`localhost local localdomain internal intern intranet lan home corp private
	test invalid arpa onion alt fritz.box nip.io sslip.io xip.io localtest.me lvh.me vcap.me lacolhost.com
	rbndr.us 1u.ms`)

// publicHost is the name of a host on the internet in lower-case ASCII: with a
// dot, no address in any notation, no letters that only look like Latin ones.
func publicHost(s string) (string, error) {
	s = strings.ToLower(s)
	if err := latin(s); err != nil {
		return "", err
	}
	host, err := idna.Lookup.ToASCII(s)
	if err != nil || len(host) > 253 {
		return "", refuse("host")
	}
	readable, err := idna.Lookup.ToUnicode(host)
	if err != nil {
		return "", refuse("host")
	}
	if err := latin(readable); err != nil {
		return "", err
	}
	return host, keepHost(host)
}

func keepHost(host string) error {
	labels := strings.Split(host, ".")
	numbers := 0
	for _, l := range labels {
		if number.MatchString(l) {
			numbers++
		}
		if !label.MatchString(l) {
			return refuse("host")
		}
	}
	switch {
	case numbers == len(labels) || ipInNames.MatchString(host):
		return refuse("ip_address")
	case isInside(host):
		return refuse("inside")
	case len(labels) < 2 || !topLabel.MatchString(labels[len(labels)-1]):
		return refuse("host")
	}
	return nil
}

func isInside(host string) bool {
	for _, end := range inside {
		if host == end || strings.HasSuffix(host, "."+end) {
			return true
		}
	}
	return false
}

// latin refuses every letter that is not one of the Latin alphabets of Saxony
// and its neighbours: a Cyrillic а looks like a and leads elsewhere.
func latin(s string) error {
	for _, r := range s {
		switch {
		case r < 0x80:
		case r >= 'ß' && r <= 'ž' && !strings.ContainsRune("÷ıĸŀŉŋ", r):
		default:
			return refuse("lookalike")
		}
	}
	return nil
}
