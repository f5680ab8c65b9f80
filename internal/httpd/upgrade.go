package httpd

import (
	"bufio"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/coder/websocket"

	"muster"
)

// MQTTPath is where connections become MQTT over WebSocket.
const MQTTPath = "/mqtt"

// subprotocols are what MQTT is called in the handshake: since 3.1.1 [MQTT-6.0.0-3], and by older libraries. The first that
// the client offers too is the one.
var subprotocols = []string{"mqtt", "mqttv3.1"}

// upgrade makes a WebSocket of the connection and hands it over. A page of another host is refused: its visitors never
// meant to speak to this server. Devices name no origin.
func (h *handler) upgrade(w http.ResponseWriter, r *http.Request) {
	switch {
	case !sameHost(r):
		h.refuseUpgrade(w, r, http.StatusForbidden, muster.Refuse(muster.ReasonOriginRefused, ""))
		return
	case r.Header.Get("Upgrade") != "" && !offersMQTT(r.Header):
		h.refuseUpgrade(w, r, http.StatusBadRequest, muster.Refuse(muster.ReasonRequestInvalid, "the WebSocket subprotocol mqtt is not offered"))
		return
	}
	u := &upgrading{ResponseWriter: w}
	ws, err := websocket.Accept(u, r, &websocket.AcceptOptions{Subprotocols: subprotocols})
	h.metrics.count(u.code)
	if err != nil {
		h.log.Debug("a WebSocket handshake failed", "remote", r.RemoteAddr, "error", err)
		return // the client has been told
	}
	h.mqtt(newWebSocket(u.conn, ws, h.maxMessage), r.TLS)
}

// refuseUpgrade refuses what the operator is to know of: the same devices would be refused again and again.
func (h *handler) refuseUpgrade(w http.ResponseWriter, r *http.Request, code int, err error) {
	h.note(muster.Attempt{
		Action: muster.ActionConnect, Transport: muster.MQTT, Remote: remote(r),
		Reason: muster.ReasonOf(err), Detail: muster.MessageOf(err),
	})
	h.refuse(w, code, err)
}

// remote is the address of the connection.
func remote(r *http.Request) netip.Addr {
	from, _ := netip.ParseAddrPort(r.RemoteAddr) // the zero address if the connection has none
	return from.Addr().Unmap()
}

// sameHost reports whether the page that asks, if one does, is of the host that is asked.
func sameHost(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	page, err := url.Parse(origin)
	return err == nil && page.Host != "" && strings.EqualFold(page.Host, r.Host)
}

func offersMQTT(header http.Header) bool {
	for _, line := range header.Values("Sec-WebSocket-Protocol") {
		for offered := range strings.SplitSeq(line, ",") {
			for _, p := range subprotocols {
				if strings.EqualFold(strings.TrimSpace(offered), p) {
					return true
				}
			}
		}
	}
	return false
}

// upgrading keeps the status of the answer, and the connection once it is no longer one of HTTP.
type upgrading struct {
	http.ResponseWriter
	code int
	conn *tapped
}

func (u *upgrading) WriteHeader(code int) {
	u.code = code
	u.ResponseWriter.WriteHeader(code)
}

// Hijack implements http.Hijacker.
func (u *upgrading) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, b, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	u.conn = &tapped{Conn: c}
	return u.conn, b, nil
}
