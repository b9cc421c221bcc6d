// Command piondtls is a client and a server of pion/dtls (DTLS 1.2).
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"os"
	"time"

	"context"

	"github.com/pion/dtls/v3"
)

func main() {
	listen := flag.String("listen", "", "serve on this address")
	connect := flag.String("connect", "", "connect to this address")
	chain := flag.String("cert", "", "own chain")
	key := flag.String("key", "", "own key")
	roots := flag.String("roots", "", "trusted roots")
	auth := flag.Bool("auth", false, "demand a client certificate")
	flag.Parse()
	c := &dtls.Config{ServerName: "tls.test"}
	if *chain != "" {
		pair, err := tls.LoadX509KeyPair(*chain, *key)
		check(err)
		c.Certificates = []tls.Certificate{pair}
	}
	if *roots != "" {
		pem, err := os.ReadFile(*roots)
		check(err)
		c.RootCAs = x509.NewCertPool()
		c.RootCAs.AppendCertsFromPEM(pem)
		c.ClientCAs = c.RootCAs
	}
	if *auth {
		c.ClientAuth = dtls.RequireAndVerifyClientCert
	}
	if f := os.Getenv("SSLKEYLOGFILE"); f != "" && *listen == "" {
		w, err := os.OpenFile(f, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
		check(err)
		c.KeyLogWriter = w
	}
	if *listen != "" {
		serve(*listen, c)
		return
	}
	addr, err := net.ResolveUDPAddr("udp", *connect)
	check(err)
	conn, err := dtls.Dial("udp", addr, c)
	check(err)
	ctx, cancel := context.WithTimeout(context.Background(), 12*time.Second)
	defer cancel()
	check(conn.HandshakeContext(ctx))
	fmt.Fprintln(conn, "hello")
	b := make([]byte, 100)
	n, err := conn.Read(b)
	check(err)
	fmt.Printf("%s", b[:n])
	conn.Close()
}

func serve(at string, c *dtls.Config) {
	addr, err := net.ResolveUDPAddr("udp", at)
	check(err)
	l, err := dtls.Listen("udp", addr, c)
	check(err)
	for {
		conn, err := l.Accept()
		if err != nil {
			fmt.Println(err)
			continue
		}
		go func() {
			b := make([]byte, 100)
			n, err := conn.Read(b)
			if err == nil {
				conn.Write(b[:n])
			}
			fmt.Println(err)
			time.Sleep(time.Second)
			conn.Close()
		}()
	}
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
