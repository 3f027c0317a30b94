// Package network knows whose network addresses are: what is counted by address is counted by network,
// since one person has 2^64 of IPv6's.
package network

import "net/netip"

// Of is the network an address belongs to: with IPv6 the 64 bits that a connection is given, else the address alone.
func Of(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		return netip.PrefixFrom(a, 64).Masked()
	}
	return netip.PrefixFrom(a, a.BitLen())
}

// Named does the same for an address as text; what is none is its own network.
func Named(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if of := Of(a); !of.IsSingleIP() {
		return of.String()
	}
	return a.Unmap().String()
}
