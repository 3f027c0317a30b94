package network

import (
	"net/netip"
	"testing"
)

func TestWhoseAddressItIs(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "2001:db8:1:2::1": "2001:db8:1:2::/64", "2001:db8:1:2:ffff:ffff:ffff:ffff": "2001:db8:1:2::/64",
		"2001:db8:1:3::1": "2001:db8:1:3::/64", "fe80::1%eth0": "fe80::/64", "::1": "::/64", "": "", "nonsense": "nonsense",
	} {
		if got := Named(address); got != want {
			t.Errorf("%q is of %q, want %q", address, got, want)
		}
	}
	if Of(netip.MustParseAddr("192.0.2.1")) == Of(netip.MustParseAddr("192.0.2.2")) || Of(netip.MustParseAddr("::ffff:192.0.2.1")) != Of(netip.MustParseAddr("192.0.2.1")) {
		t.Error("IPv4 is counted by address")
	}
	if Of(netip.Addr{}) != (netip.Prefix{}) {
		t.Error("what is no address is of no network")
	}
}
