// Command quicgo is a client and a server of quic-go: QUIC with a line of text in one stream.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/quic-go/quic-go"
)

var (
	listen  = flag.String("listen", "", "serve on this address")
	connect = flag.String("connect", "", "connect to this address")
	name    = flag.String("name", "tls.test", "server name")
	chain   = flag.String("cert", "", "own chain")
	key     = flag.String("key", "", "own key")
	roots   = flag.String("roots", "", "trusted roots")
	alpn    = flag.String("alpn", "h3", "protocols")
	version = flag.String("versions", "1,2", "QUIC versions, best first")
	curves  = flag.String("groups", "", "p384: only that")
	auth    = flag.Bool("auth", false, "server: demand a client certificate")
	retry   = flag.Bool("retry", false, "server: validate addresses with Retry")
	timeout = flag.Duration("timeout", 5*time.Second, "handshake")
	tcp     = flag.Bool("tcp", false, "client: fall back to TLS over TCP")
)

func main() {
	flag.Parse()
	t, q, err := configs()
	if err == nil {
		if *listen != "" {
			err = serve(t, q)
		} else {
			err = dial(t, q)
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func configs() (*tls.Config, *quic.Config, error) {
	t := &tls.Config{NextProtos: strings.Split(*alpn, ","), ServerName: *name}
	q := &quic.Config{HandshakeIdleTimeout: *timeout, MaxIdleTimeout: 5 * time.Second}
	for _, v := range strings.Split(*version, ",") {
		q.Versions = append(q.Versions, map[string]quic.Version{"1": quic.Version1, "2": quic.Version2}[v])
	}
	if *curves == "p384" {
		t.CurvePreferences = []tls.CurveID{tls.CurveP384}
	}
	if *chain != "" {
		pair, err := tls.LoadX509KeyPair(*chain, *key)
		if err != nil {
			return nil, nil, err
		}
		t.Certificates = []tls.Certificate{pair}
	}
	if *roots != "" {
		pem, err := os.ReadFile(*roots)
		if err != nil {
			return nil, nil, err
		}
		t.RootCAs = x509.NewCertPool()
		t.RootCAs.AppendCertsFromPEM(pem)
		t.ClientCAs = t.RootCAs
	}
	if *auth {
		t.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if f := os.Getenv("SSLKEYLOGFILE"); f != "" && *listen == "" {
		w, err := os.OpenFile(f, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
		if err != nil {
			return nil, nil, err
		}
		t.KeyLogWriter = w
	}
	return t, q, nil
}

func serve(t *tls.Config, q *quic.Config) error {
	addr, err := net.ResolveUDPAddr("udp", *listen)
	if err != nil {
		return err
	}
	conn, err := net.ListenUDP("udp", addr)
	if err != nil {
		return err
	}
	tr := &quic.Transport{Conn: conn}
	if *retry {
		tr.VerifySourceAddress = func(net.Addr) bool { return true }
	}
	l, err := tr.Listen(t, q)
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept(context.Background())
		if err != nil {
			return err
		}
		go func() {
			s, err := c.AcceptStream(context.Background())
			if err != nil {
				fmt.Println(err)
				return
			}
			io.ReadAll(s)
			fmt.Fprintln(s, "ok")
			s.Close()
		}()
	}
}

func dial(t *tls.Config, q *quic.Config) error {
	c, err := quic.DialAddr(context.Background(), *connect, t, q)
	if err != nil {
		if *tcp {
			fmt.Println(err)
			return overTCP(t)
		}
		return err
	}
	s, err := c.OpenStreamSync(context.Background())
	if err != nil {
		return err
	}
	fmt.Fprintln(s, "hello")
	s.Close()
	b, err := io.ReadAll(s)
	fmt.Printf("%s", b)
	c.CloseWithError(0, "")
	time.Sleep(100 * time.Millisecond)
	return err
}

func overTCP(t *tls.Config) error {
	c, err := tls.Dial("tcp", *connect, &tls.Config{RootCAs: t.RootCAs, ServerName: t.ServerName})
	if err != nil {
		return err
	}
	fmt.Fprintf(c, "GET / HTTP/1.0\r\n\r\n")
	_, err = io.Copy(os.Stdout, c)
	c.Close()
	return err
}
