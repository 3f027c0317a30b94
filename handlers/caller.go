package handlers

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/handlers/lobby"
)

// caller is the address a request came from: the one at the other end of the
// connection. Only of a proxy that the operator has named is it asked for whom:
// X-Forwarded-For is read from the right, past such proxies; what stands to the
// left of the first other address, anybody may have written.
func (d *door) caller(c *fiber.Ctx) net.Addr {
	peer := c.Context().Conn().RemoteAddr()
	at := lobby.AddrOf(peer)
	if !d.Proxy(at) {
		return peer
	}
	var said []string
	for _, line := range c.Request().Header.PeekAll(fiber.HeaderXForwardedFor) {
		said = append(said, strings.Split(string(line), ",")...)
	}
	for i := len(said) - 1; i >= 0; i-- {
		next, ok := addressIn(said[i])
		if !ok {
			break // nonsense: the last proxy that made sense is all that is known
		}
		if at = next; !d.Proxy(at) {
			break
		}
	}
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(at, 0))
}

// addressIn reads one entry of X-Forwarded-For; some proxies write a port.
func addressIn(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap().WithZone(""), true
	}
	at, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return at.Unmap().WithZone(""), err == nil
}

// Proxy tells whether an address is one of the operator's proxies.
func (c *Config) Proxy(a netip.Addr) bool {
	return slices.ContainsFunc(c.Proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}
