package decode

import (
	"strings"
	"testing"

	"tlswhy/decode/capturetest"
)

// After a HelloRetryRequest both sides send a ChangeCipherSpec that protects
// nothing (RFC 8446, Appendix D.4): the hellos behind it are in the clear.
func TestHelloAfterRetryAndChangeCipherSpec(t *testing.T) {
	b := capturetest.New()
	retry := capturetest.NewServerHello13()
	retry.Retry = true
	c := b.TCP("10.0.0.1:50000", "10.0.0.2:443").Open()
	c.Client(capturetest.NewClientHello("example.com").Record())
	c.Server(capturetest.Join(retry.Record(), capturetest.ChangeCipherSpec()))
	c.Client(capturetest.Join(capturetest.ChangeCipherSpec(), capturetest.NewClientHello("example.com").Record()))
	c.Server(capturetest.Join(capturetest.NewServerHello13().Record(), capturetest.ApplicationData(900)))
	list := followPcap(t, b.Pcap(), nil)
	if len(list) != 1 {
		t.Fatalf("%d handshakes", len(list))
	}
	want := "c:client_hello s:server_hello s:change_cipher_spec c:change_cipher_spec c:client_hello s:server_hello s:encrypted"
	if got := kinds(list[0]); !strings.HasSuffix(got, want) {
		t.Errorf("events %s\nwant %s", got, want)
	}
	if sh, _ := list[0].ServerHello(); sh == nil || list[0].ClientFinished {
		t.Errorf("ServerHello %v, client finished %v", sh, list[0].ClientFinished)
	}
}

// Of two hellos from both ends the first one says who is the client.
func TestFirstHelloIsTheClients(t *testing.T) {
	b := capturetest.New()
	c := b.TCP("10.0.0.1:50000", "10.0.0.2:443").Open()
	c.Client(capturetest.NewClientHello("example.com").Record())
	c.Server(capturetest.NewClientHello("example.com").Record())
	list := followPcap(t, b.Pcap(), nil)
	if len(list) != 1 || list[0].Client.String() != "10.0.0.1:50000" {
		t.Fatalf("%+v", list)
	}
}
