package main

const shortUsage = `usage: tlswhy [flags] FILE...       says why TLS handshakes in a capture failed
       tlswhy [flags] -i IFACE      … or on an interface, until Ctrl-C
       tlswhy --explain ID|ALERT|TEXT
       tlswhy -h                     lists the flags
`

// usage is the help text.
func usage() string {
	return `tlswhy says why TLS handshakes in a capture failed: who broke them, and why.

usage:
  tlswhy [flags] FILE...          analyse captures (- is standard input)
  tlswhy [flags] -i IFACE         live, until Ctrl-C; "any" is every interface
  tlswhy [flags] -i IFACE -- CMD  live while CMD runs, then report
  tlswhy -D                       interfaces that can be captured on
  tlswhy --explain ID|ALERT|TEXT  what a finding, an alert or an error text of a
                                  log means
  tlswhy --list-findings          everything that can be found, a line each
  tlswhy --list-ports             ports on which TLS is expected

what to read:
  -r, --read FILE          same as a FILE argument; repeatable
  -f, --filter EXPR        only packets that this tcpdump expression takes, and
                           the ICMP errors and fragments that belong to them
      --exact-filter       without those
      --keylog FILE        decrypt with this key log (SSLKEYLOGFILE); secrets
                           in a pcapng are used without it; "auto" takes
                           those of CMD
      --roots FILE         verify chains against these PEM roots instead of
                           Mozilla's; "system" for those of this machine
      --timeout D          how long silence must last to count as failure (10s)

live:
  -i, --interface IFACE    capture on it; repeatable
      --until-failure      end at the first failure
      --duration D         end after this time (30s, 5m)
  -c, --count N            end after N judged handshakes
  -B, --buffer-size SIZE   kernel's buffer for each interface (32M; without a
                           unit in KiB)
      --netns NAME         capture in this network namespace: a name of
                           ip-netns, a process number or a path
  -w, --write FILE         keep the packets, as pcapng
      --only failed        … of failing connections alone, from their SYN
      --keep-bytes SIZE    recent packets kept in memory for that (64M)
  -C, --rotate-size N      a new file after N million bytes
  -W, --rotate-files N     keep only the last N files
  -D, --list-interfaces    list the interfaces

which handshakes:
  -a, --all                healthy and incomplete ones too
      --server ADDRESS     only this server: an address, a network, or an
                           address with port; repeatable, as all of these
      --client ADDRESS     only this client
      --sni NAME           only this name; * stands for anything
      --port N             only this server port, where TLS is expected
      --stream N           only Wireshark's tcp.stream (udp.stream) N

what to write:
      --format F           text (default), markdown, html, json, ndjson
  -o, --output FILE        write the report to a file, its format by extension:
                           .txt .md .html .json .ndjson; .pcapng is the capture
                           again, with the findings as comments on the packets
                           that prove them (of files; with -i, keep the packets
                           with -w first); repeatable; - is standard output
      --only failed        .pcapng: only the failing connections and, for each
                           server, a good one to compare with; the flags that
                           choose handshakes narrow it too
      --with-secrets       .pcapng: keep decryption secrets
      --force              overwrite files
      --redact             placeholders instead of addresses, names and
                           certificate identities
      --lang en|zh         language of the explanations
      --color WHEN         auto (default), always, never
  -q, --quiet              no progress and no warnings
      --no-progress        no progress
  -v, --verbose            say what each input held

      --version            print the version
  -h, --help               print this

exit status: 0 nothing failed, 1 a handshake failed, 2 the command line or an
input could not be used as a whole.
`
}
