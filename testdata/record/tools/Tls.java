import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import javax.net.ssl.*;

/** A client and a server of JSSE: Tls client HOST PORT NAME ROOTS [k=v...], Tls server PORT CHAIN KEYP12 ROOTS [k=v...]. */
public class Tls {
    static Map<String, String> opt = new HashMap<>();

    public static void main(String[] a) throws Exception {
        for (String s : a) if (s.contains("=")) opt.put(s.split("=", 2)[0], s.split("=", 2)[1]);
        if (a[0].equals("client")) client(a[1], Integer.parseInt(a[2]), a[3], a[4]);
        else server(Integer.parseInt(a[1]), a[2], a[3]);
    }

    static KeyManager[] keys(String p12) throws Exception {
        if (p12 == null) return null;
        KeyStore ks = KeyStore.getInstance("PKCS12");
        ks.load(new FileInputStream(p12), "secret".toCharArray());
        KeyManagerFactory f = KeyManagerFactory.getInstance("SunX509");
        f.init(ks, "secret".toCharArray());
        return f.getKeyManagers();
    }

    static TrustManager[] trust(String pem) throws Exception {
        KeyStore ks = KeyStore.getInstance("PKCS12");
        ks.load(null, null);
        int i = 0;
        for (var c : CertificateFactory.getInstance("X.509").generateCertificates(new FileInputStream(pem)))
            ks.setCertificateEntry("r" + i++, c);
        TrustManagerFactory f = TrustManagerFactory.getInstance("PKIX");
        f.init(ks);
        return f.getTrustManagers();
    }

    static void client(String host, int port, String name, String roots) throws Exception {
        SSLContext x = SSLContext.getInstance("TLS");
        x.init(keys(opt.get("p12")), trust(roots), null);
        var plain = new java.net.Socket();
        plain.connect(new java.net.InetSocketAddress(host, port), 5000);
        plain.setSoTimeout(5000);
        SSLSocket s = (SSLSocket) x.getSocketFactory().createSocket(plain, name, port, true);
        SSLParameters p = s.getSSLParameters();
        p.setEndpointIdentificationAlgorithm("HTTPS");
        tune(p);
        s.setSSLParameters(p);
        s.startHandshake();
        s.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes());
        System.out.write(s.getInputStream().readAllBytes());
        s.close();
    }

    static void tune(SSLParameters p) {
        if (opt.containsKey("protocols")) p.setProtocols(opt.get("protocols").split(","));
        if (opt.containsKey("suites")) p.setCipherSuites(opt.get("suites").split(","));
        if (opt.containsKey("alpn")) p.setApplicationProtocols(opt.get("alpn").split(","));
        if (opt.containsKey("auth")) p.setNeedClientAuth(true);
    }

    static void server(int port, String p12, String roots) throws Exception {
        SSLContext x = SSLContext.getInstance("TLS");
        x.init(keys(p12), trust(roots), null);
        SSLServerSocket l = (SSLServerSocket) x.getServerSocketFactory().createServerSocket(port);
        SSLParameters p = l.getSSLParameters();
        tune(p);
        l.setSSLParameters(p);
        while (true) {
            try (SSLSocket s = (SSLSocket) l.accept()) {
                s.setSoTimeout(5000);
                s.startHandshake();
                s.getInputStream().read(new byte[100]);
                s.getOutputStream().write("HTTP/1.0 200 OK\r\n\r\nok\n".getBytes());
            } catch (IOException e) {
                System.out.println(e);
            }
        }
    }
}
