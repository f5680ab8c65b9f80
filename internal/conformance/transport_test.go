package conformance

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	packets5 "github.com/eclipse/paho.golang/packets"
	paho5 "github.com/eclipse/paho.golang/paho"
	paho3 "github.com/eclipse/paho.mqtt.golang"
)

// A proof is what a device comes back with.
type proof struct {
	token                        string
	clientID, username, password string
	certificate                  *tls.Certificate // and then over TLS
	secure                       bool             // over TLS without one
	webSocket                    bool             // MQTT over WebSocket
}

// A link is a device that has come in.
type link interface {
	// report sends telemetry and returns when it is acknowledged.
	report(ctx context.Context, body string) error
	// ended is closed when the server has ended the session; nil where the protocol has none.
	ended() <-chan error
	close()
}

// A transport is a way for devices to speak.
type transport struct {
	name string
	// provision sends a request to be let in and returns the answer.
	provision func(ctx context.Context, s *server, body string) (string, error)
	// connect comes in, or returns how it was refused.
	connect func(ctx context.Context, s *server, p proof) (link, error)
}

var (
	overMQTT3 = transport{"mqtt3", provision3, connect3}
	overMQTT5 = transport{"mqtt5", provision5, connect5}
	overMQTTS = transport{"mqtts", provisionMQTTS, connectMQTTS}
	overWS3   = transport{"ws3", provisionWS3, connectWS3}
	overWS5   = transport{"ws5", provisionWS5, connectWS5}
	overHTTP  = transport{"http", provisionHTTP, connectHTTP}
	overHTTPS = transport{"https", provisionHTTPS, connectHTTPS}
	overCoAP  = transport{"coap", provisionCoAP, connectCoAP}
	overCoAPS = transport{"coaps", provisionCoAPS, connectCoAPS}

	transports     = []transport{overMQTT3, overMQTT5, overMQTTS, overWS3, overWS5, overHTTP, overHTTPS, overCoAP, overCoAPS}
	mqttTransports = transports[:2] // each speaks plain, or TLS where the proof is a certificate
)

func everyTransport(t *testing.T, s *server, scenario func(t *testing.T, s *server, over transport)) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			scenario(t, &server{
				t: t, binary: s.binary, data: s.data, config: s.config, ports: s.ports, token: s.token, caFile: s.caFile,
			}, over)
		})
	}
}

// An answer is what a provision request is told.
type answer struct {
	Status, CredentialsType, ErrorMsg, Reason, DeviceID, AccessToken, CAChain string
	CredentialsValue                                                          json.RawMessage
	RetryAfter                                                                int
}

func (a answer) token() string {
	var token string
	_ = json.Unmarshal(a.CredentialsValue, &token)
	return token
}

// join asks to be let in, under name if it is not empty, with further members of the request as JSON.
func join(t testing.TB, s *server, over transport, p profile, name, more string) answer {
	t.Helper()
	text, err := over.provision(patience(t), s, request(p, name, more))
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatalf("the answer %q: %v", text, err)
	}
	return a
}

func request(p profile, name, more string) string {
	r := fmt.Sprintf(`{"provisionDeviceKey":%q,"provisionDeviceSecret":%q`, p.key, p.secret)
	if name != "" {
		r += fmt.Sprintf(`,"deviceName":%q`, name)
	}
	if more != "" {
		r += "," + more
	}
	return r + "}"
}

func (s *server) tls(p proof) *tls.Config {
	pool := x509.NewCertPool()
	pem, err := os.ReadFile(s.caFile)
	if err != nil {
		panic(err)
	}
	pool.AppendCertsFromPEM(pem)
	c := &tls.Config{RootCAs: pool, ServerName: "localhost"}
	if p.certificate != nil {
		c.Certificates = []tls.Certificate{*p.certificate}
	}
	return c
}

const telemetryTopic = "v1/devices/me/telemetry"

// MQTT 3.1.1 with paho.mqtt.golang.

type link3 struct {
	client paho3.Client
	lost   chan error
}

func options3(s *server, p proof) (*paho3.ClientOptions, chan error) {
	lost := make(chan error, 1)
	o := paho3.NewClientOptions().SetClientID(p.clientID).SetUsername(p.username).SetPassword(p.password).
		SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(10 * time.Second).
		SetConnectionLostHandler(func(_ paho3.Client, err error) { lost <- err })
	if p.token != "" {
		o.SetUsername(p.token)
	}
	if p.certificate != nil || p.secure {
		return o.AddBroker("ssl://" + s.ports.mqtts).SetTLSConfig(s.tls(p)), lost
	}
	if p.webSocket {
		return o.AddBroker(s.webSocket()), lost
	}
	return o.AddBroker("tcp://" + s.ports.mqtt), lost
}

func connect3(ctx context.Context, s *server, p proof) (link, error) {
	o, lost := options3(s, p)
	l := &link3{paho3.NewClient(o), lost}
	return l, done3(ctx, l.client.Connect())
}

func done3(ctx context.Context, token paho3.Token) error {
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *link3) report(ctx context.Context, body string) error {
	return done3(ctx, l.client.Publish(telemetryTopic, 1, false, body))
}
func (l *link3) ended() <-chan error { return l.lost }
func (l *link3) close()              { l.client.Disconnect(0) }

func connectMQTTS(ctx context.Context, s *server, p proof) (link, error) {
	p.secure = true
	return connect3(ctx, s, p)
}

func provision3(ctx context.Context, s *server, body string) (string, error) {
	return join3(ctx, s, proof{username: "provision"}, body)
}

func provisionMQTTS(ctx context.Context, s *server, body string) (string, error) {
	return join3(ctx, s, proof{username: "provision", secure: true}, body)
}

func join3(ctx context.Context, s *server, p proof, body string) (string, error) {
	l, err := connect3(ctx, s, p)
	if err != nil {
		return "", err
	}
	defer l.close()
	return ask3(ctx, l.(*link3), "/provision/", body)
}

// ask3 publishes a request about something, and returns the answer.
func ask3(ctx context.Context, l *link3, about, body string) (string, error) {
	client, got := l.client, make(chan string, 1)
	if err := done3(ctx, client.Subscribe(about+"response", 1, func(_ paho3.Client, m paho3.Message) { got <- string(m.Payload()) })); err != nil {
		return "", err
	}
	if err := done3(ctx, client.Publish(about+"request", 1, false, body)); err != nil {
		return "", err
	}
	return wait(ctx, got, l.ended())
}

func wait(ctx context.Context, got <-chan string, lost <-chan error) (string, error) {
	select {
	case text := <-got:
		return text, nil
	case err := <-lost:
		return "", fmt.Errorf("connection lost: %w", err)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (s *server) webSocket() string { return "ws://" + s.ports.http + "/mqtt" }

func connectWS3(ctx context.Context, s *server, p proof) (link, error) {
	p.webSocket = true
	return connect3(ctx, s, p)
}

func provisionWS3(ctx context.Context, s *server, body string) (string, error) {
	return join3(ctx, s, proof{username: "provision", webSocket: true}, body)
}

// MQTT 5 with paho.golang.

type link5 struct {
	client *paho5.Client
	lost   chan error
	told   *paho5.ConnackProperties
}

// A disconnected is the reason code of a DISCONNECT that the server sent.
type disconnected byte

func (d disconnected) Error() string { return fmt.Sprintf("DISCONNECT 0x%02X", byte(d)) }

func dial5(ctx context.Context, s *server, p proof) (net.Conn, error) {
	if p.certificate != nil {
		d := tls.Dialer{Config: s.tls(p)}
		return d.DialContext(ctx, "tcp", s.ports.mqtts)
	}
	if p.webSocket {
		return paho3.NewWebsocket(s.webSocket(), nil, 10*time.Second, nil, nil)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", s.ports.mqtt)
}

func open5(ctx context.Context, s *server, p proof, received func(paho5.PublishReceived) (bool, error)) (*link5, error) {
	conn, err := dial5(ctx, s, p)
	if err != nil {
		return nil, err
	}
	l := &link5{lost: make(chan error, 2)}
	config := paho5.ClientConfig{
		Conn:               packets5.NewThreadSafeConn(conn), // a packet is several writes
		OnServerDisconnect: func(d *paho5.Disconnect) { l.lost <- disconnected(d.ReasonCode) },
		OnClientError:      func(err error) { l.lost <- err },
	}
	if received != nil {
		config.OnPublishReceived = []func(paho5.PublishReceived) (bool, error){received}
	}
	l.client = paho5.NewClient(config)
	username := p.username
	if p.token != "" {
		username = p.token
	}
	ack, err := l.client.Connect(ctx, &paho5.Connect{
		ClientID: p.clientID, CleanStart: true, KeepAlive: 30,
		Username: username, UsernameFlag: username != "", Password: []byte(p.password), PasswordFlag: p.password != "",
	})
	if err != nil {
		conn.Close()
		if ack != nil {
			return nil, fmt.Errorf("CONNACK 0x%02X: %w", ack.ReasonCode, err)
		}
		return nil, err
	}
	l.told = ack.Properties
	return l, nil
}

func connect5(ctx context.Context, s *server, p proof) (link, error) { return open5(ctx, s, p, nil) }

func (l *link5) report(ctx context.Context, body string) error {
	_, err := l.client.Publish(ctx, &paho5.Publish{Topic: telemetryTopic, QoS: 1, Payload: []byte(body)})
	return err
}
func (l *link5) ended() <-chan error { return l.lost }
func (l *link5) close()              { _ = l.client.Disconnect(&paho5.Disconnect{}) }

func connectWS5(ctx context.Context, s *server, p proof) (link, error) {
	p.webSocket = true
	return connect5(ctx, s, p)
}

func provision5(ctx context.Context, s *server, body string) (string, error) {
	return join5(ctx, s, proof{username: "provision"}, body)
}

func provisionWS5(ctx context.Context, s *server, body string) (string, error) {
	return join5(ctx, s, proof{username: "provision", webSocket: true}, body)
}

func join5(ctx context.Context, s *server, p proof, body string) (string, error) {
	return ask5(ctx, s, p, "/provision/", body, func(*paho5.ConnackProperties) {})
}

// ask5 comes in, looks at what CONNACK says, publishes a request about something and returns the answer.
func ask5(ctx context.Context, s *server, p proof, about, body string, look func(*paho5.ConnackProperties)) (string, error) {
	got := make(chan string, 1)
	l, err := open5(ctx, s, p, func(r paho5.PublishReceived) (bool, error) {
		got <- string(r.Packet.Payload)
		return true, nil
	})
	if err != nil {
		return "", err
	}
	defer l.close()
	look(l.told)
	// No subscription: the answer comes on the connection that asked.
	if _, err := l.client.Publish(ctx, &paho5.Publish{Topic: about + "request", QoS: 1, Payload: []byte(body)}); err != nil {
		return "", err
	}
	return wait(ctx, got, l.lost)
}

// HTTP.

type linkHTTP struct {
	client *http.Client
	url    string
}

func connectHTTP(ctx context.Context, s *server, p proof) (link, error) {
	l := &linkHTTP{http.DefaultClient, s.url() + "/api/v1/" + url.PathEscape(p.token)}
	return l, l.report(ctx, "{}")
}

// https returns a client that trusts the server and shows what p has.
func (s *server) https(p proof) *http.Client {
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: s.tls(p), IdleConnTimeout: time.Second}}
}

func connectHTTPS(ctx context.Context, s *server, p proof) (link, error) {
	path := "/api/v1"
	if p.certificate == nil {
		path += "/" + url.PathEscape(p.token)
	}
	l := &linkHTTP{s.https(p), "https://" + s.ports.https + path}
	return l, l.report(ctx, "{}")
}

func provisionHTTPS(ctx context.Context, s *server, body string) (string, error) {
	return post(ctx, s.https(proof{}), "https://"+s.ports.https+"/api/v1/provision", body)
}

func post(ctx context.Context, client *http.Client, url, body string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		return "", err
	}
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("HTTP %d: %s", answer.StatusCode, text)
	}
	return string(text), err
}

func (l *linkHTTP) report(ctx context.Context, body string) error {
	_, err := post(ctx, l.client, l.url+"/telemetry", body)
	return err
}
func (l *linkHTTP) ended() <-chan error { return nil }
func (l *linkHTTP) close()              { l.client.CloseIdleConnections() }

func provisionHTTP(ctx context.Context, s *server, body string) (string, error) {
	return post(ctx, http.DefaultClient, s.url()+"/api/v1/provision", body)
}
