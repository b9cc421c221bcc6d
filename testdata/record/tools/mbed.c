/* mbed: a client and a server of Mbed TLS 2.28.
 * mbed server PORT CHAIN KEY [COUNT]    mbed client HOST PORT NAME ROOTS [CHAIN KEY] */
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context drbg;
static mbedtls_ssl_config conf;
static mbedtls_x509_crt own, roots;
static mbedtls_pk_context key;

static void must(int r, const char *what)
{
	if (r) {
		printf("%s: -0x%04x\n", what, -r);
		exit(1);
	}
}

static void setup(int endpoint)
{
	mbedtls_entropy_init(&entropy);
	mbedtls_ctr_drbg_init(&drbg);
	mbedtls_ssl_config_init(&conf);
	mbedtls_x509_crt_init(&own);
	mbedtls_x509_crt_init(&roots);
	mbedtls_pk_init(&key);
	must(mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy, NULL, 0), "seed");
	must(mbedtls_ssl_config_defaults(&conf, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT), "defaults");
	mbedtls_ssl_conf_rng(&conf, mbedtls_ctr_drbg_random, &drbg);
}

static void load(const char *chain, const char *file)
{
	must(mbedtls_x509_crt_parse_file(&own, chain), chain);
	must(mbedtls_pk_parse_keyfile(&key, file, NULL), file);
	must(mbedtls_ssl_conf_own_cert(&conf, &own, &key), "own certificate");
}

static void handshake(mbedtls_net_context *fd, const char *name)
{
	mbedtls_ssl_context ssl;
	unsigned char buf[2048];
	const char *answer = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
	int r;

	mbedtls_ssl_init(&ssl);
	must(mbedtls_ssl_setup(&ssl, &conf), "setup");
	if (name)
		must(mbedtls_ssl_set_hostname(&ssl, name), name);
	mbedtls_ssl_set_bio(&ssl, fd, mbedtls_net_send, mbedtls_net_recv, NULL);
	r = mbedtls_ssl_handshake(&ssl);
	if (r == 0 && name) {
		mbedtls_ssl_write(&ssl, (const unsigned char *)"GET / HTTP/1.0\r\n\r\n", 18);
		while (mbedtls_ssl_read(&ssl, buf, sizeof buf) > 0)
			;
	} else if (r == 0) {
		r = mbedtls_ssl_read(&ssl, buf, sizeof buf);
		if (r > 0)
			mbedtls_ssl_write(&ssl, (const unsigned char *)answer, strlen(answer));
	}
	printf("ended with %s0x%04x\n", r < 0 ? "-" : "", r < 0 ? -r : r);
	fflush(stdout);
	mbedtls_ssl_close_notify(&ssl);
	mbedtls_net_free(fd);
	mbedtls_ssl_free(&ssl);
}

int main(int argc, char **argv)
{
	mbedtls_net_context fd, on;

	mbedtls_net_init(&fd);
	mbedtls_net_init(&on);
	if (argc >= 5 && !strcmp(argv[1], "server")) {
		setup(MBEDTLS_SSL_IS_SERVER);
		load(argv[3], argv[4]);
		must(mbedtls_net_bind(&on, NULL, argv[2], MBEDTLS_NET_PROTO_TCP), "bind");
		for (;;) {
			must(mbedtls_net_accept(&on, &fd, NULL, 0, NULL), "accept");
			handshake(&fd, NULL);
		}
	}
	if (argc >= 6 && !strcmp(argv[1], "client")) {
		setup(MBEDTLS_SSL_IS_CLIENT);
		must(mbedtls_x509_crt_parse_file(&roots, argv[5]), argv[5]);
		mbedtls_ssl_conf_ca_chain(&conf, &roots, NULL);
		if (argc >= 8)
			load(argv[6], argv[7]);
		must(mbedtls_net_connect(&fd, argv[2], argv[3], MBEDTLS_NET_PROTO_TCP), "connect");
		handshake(&fd, argv[4]);
	}
	return 0;
}
