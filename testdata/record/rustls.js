// A client and a server of rustls, by way of Deno.
// rustls.js client HOST PORT NAME ROOTS [ALPN]   rustls.js server PORT CHAIN KEY [ALPN]
const [what, ...a] = Deno.args;
const read = (f) => Deno.readTextFileSync(f);
if (what === "client") {
  const plain = await Deno.connect({ hostname: a[0], port: Number(a[1]) });
  const tls = await Deno.startTls(plain, { hostname: a[2], caCerts: [read(a[3])], alpnProtocols: a[4] ? a[4].split(",") : undefined });
  try {
    await tls.handshake();
    await tls.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
    const b = new Uint8Array(2000);
    while (await tls.read(b));
    tls.close();
    console.log("completed");
  } catch (e) {
    console.log(e.message);
    Deno.exit(1);
  }
} else {
  const l = Deno.listenTls({ port: Number(a[0]), cert: read(a[1]), key: read(a[2]), alpnProtocols: a[3] ? a[3].split(",") : undefined });
  for (;;) {
    try {
      const c = await l.accept();
      await c.handshake();
      const b = new Uint8Array(2000);
      await c.read(b);
      await c.write(new TextEncoder().encode("HTTP/1.0 200 OK\r\n\r\nok\n"));
      c.close();
    } catch (e) {
      console.log(e.message);
    }
  }
}
