// Command gotls is a client and a server of Go's crypto/tls with every switch that the recordings need.
package main

import (
	"bufio"
	"crypto/ecdh"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

var (
	listen  = flag.String("listen", "", "serve on this address instead of connecting")
	connect = flag.String("connect", "", "connect to this address")
	name    = flag.String("name", "", "server name (client)")
	chain   = flag.String("cert", "", "own certificate chain")
	key     = flag.String("key", "", "own key")
	roots   = flag.String("roots", "", "trusted roots")
	alpn    = flag.String("alpn", "", "protocols, comma separated")
	low     = flag.String("min", "", "lowest version: 1.0 to 1.3")
	high    = flag.String("max", "", "highest version: 1.0 to 1.3")
	suites  = flag.String("suites", "", "TLS 1.2 suites by name, comma separated")
	curves  = flag.String("groups", "", "groups: x25519, p256, p384, p521, x25519mlkem768")
	auth    = flag.String("auth", "", "client certificate: request, require, verify")
	noCheck = flag.Bool("insecure", false, "accept any certificate")
	count   = flag.Int("n", 1, "connections to make, one after another, with a session cache")
	timeout = flag.Duration("timeout", 10*time.Second, "whole connection")
	echKey  = flag.String("ech", "", "seed of the ECH key: the server's own, or the one that the client believes in")
	need    = flag.String("need", "", "server: answer this name only")
)

func main() {
	flag.Parse()
	c, err := config()
	if err == nil {
		if *listen != "" {
			err = serve(c)
		} else {
			err = dial(c)
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func config() (*tls.Config, error) {
	c := &tls.Config{ServerName: *name, InsecureSkipVerify: *noCheck, ClientSessionCache: tls.NewLRUClientSessionCache(4)}
	versions := map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}
	c.MinVersion, c.MaxVersion = versions[*low], versions[*high]
	if *alpn != "" {
		c.NextProtos = strings.Split(*alpn, ",")
	}
	if *chain != "" {
		pair, err := tls.LoadX509KeyPair(*chain, *key)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if *roots != "" {
		pem, err := os.ReadFile(*roots)
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		c.RootCAs.AppendCertsFromPEM(pem)
		c.ClientCAs = c.RootCAs
	}
	if *need != "" {
		c.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			if h.ServerName != *need {
				return nil, fmt.Errorf("no such name: %q", h.ServerName)
			}
			return nil, nil
		}
	}
	c.ClientAuth = map[string]tls.ClientAuthType{"request": tls.RequestClientCert, "require": tls.RequireAnyClientCert, "verify": tls.RequireAndVerifyClientCert}[*auth]
	if err := ech(c); err != nil {
		return nil, err
	}
	choose(c)
	if f := os.Getenv("SSLKEYLOGFILE"); f != "" && *listen == "" {
		w, err := os.OpenFile(f, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
		if err != nil {
			return nil, err
		}
		c.KeyLogWriter = w
	}
	return c, nil
}

// ech sets up Encrypted ClientHello (RFC 9849) with a key made from the seed, public name www.tls.test.
func ech(c *tls.Config) error {
	if *echKey == "" {
		return nil
	}
	seed := sha256.Sum256([]byte(*echKey))
	priv, err := ecdh.X25519().NewPrivateKey(seed[:])
	if err != nil {
		return err
	}
	var b []byte
	b = append(b, seed[0], 0, 0x20, 0, 32)
	b = append(b, priv.PublicKey().Bytes()...)
	b = append(b, 0, 4, 0, 1, 0, 1, 0)
	b = append(b, byte(len("www.tls.test")))
	b = append(b, "www.tls.test"...)
	b = append(b, 0, 0)
	config := append([]byte{0xfe, 0x0d, 0, byte(len(b))}, b...)
	c.EncryptedClientHelloKeys = []tls.EncryptedClientHelloKey{{Config: config, PrivateKey: seed[:], SendAsRetry: true}}
	c.EncryptedClientHelloConfigList = append([]byte{0, byte(len(config))}, config...)
	return nil
}

func choose(c *tls.Config) {
	groups := map[string]tls.CurveID{"x25519": tls.X25519, "p256": tls.CurveP256, "p384": tls.CurveP384, "p521": tls.CurveP521, "x25519mlkem768": tls.X25519MLKEM768}
	for _, g := range strings.Split(*curves, ",") {
		if id, ok := groups[g]; ok {
			c.CurvePreferences = append(c.CurvePreferences, id)
		}
	}
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		for _, w := range strings.Split(*suites, ",") {
			if s.Name == w {
				c.CipherSuites = append(c.CipherSuites, s.ID)
			}
		}
	}
}

func serve(c *tls.Config) error {
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(*timeout))
			t := tls.Server(conn, c)
			line, err := bufio.NewReader(t).ReadString('\n')
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Fprintf(t, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n")
			t.Close()
			fmt.Printf("served %q\n", line)
		}()
	}
}

func dial(c *tls.Config) error {
	for range *count {
		conn, err := net.DialTimeout("tcp", *connect, *timeout)
		if err != nil {
			return err
		}
		conn.SetDeadline(time.Now().Add(*timeout))
		t := tls.Client(conn, c)
		if err := t.Handshake(); err != nil {
			conn.Close()
			return err
		}
		fmt.Fprintf(t, "GET / HTTP/1.0\r\n\r\n")
		if _, err := io.Copy(os.Stdout, t); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			conn.Close()
			return err
		}
		t.Close()
	}
	return nil
}
