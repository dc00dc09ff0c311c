//go:build !unix

package rest

import "net"

// peekClosed cannot be answered here; deadlines still end every request.
func peekClosed(net.Conn) bool { return false }
