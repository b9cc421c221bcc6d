package main

const shortUsage = `usage: tlswhy [flags] FILE...       says why TLS handshakes in a capture failed
       tlswhy --explain ID|ALERT|TEXT
       tlswhy -h                     lists the flags
`

// usage is the help text.
func usage() string {
	return `tlswhy says why TLS handshakes in a capture failed: who broke them, and why.

usage:
  tlswhy [flags] FILE...          analyse captures (- is standard input)
  tlswhy --explain ID|ALERT|TEXT  what a finding, an alert or an error text of a
                                  log means
  tlswhy --list-findings          everything that can be found, a line each
  tlswhy --list-ports             ports on which TLS is expected

what to read:
  -r, --read FILE          same as a FILE argument; repeatable
      --keylog FILE        decrypt with this key log (SSLKEYLOGFILE); secrets
                           in a pcapng are used without it
      --roots FILE         verify chains against these PEM roots instead of
                           Mozilla's; "system" for those of this machine
      --timeout D          how long silence must last to count as failure (10s)

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
                           .txt .md .html .json .ndjson; repeatable; - is
                           standard output
      --force              overwrite files
      --redact             placeholders instead of addresses, names and
                           certificate identities
      --lang en|zh         language of the explanations
      --color WHEN         auto (default), always, never
  -q, --quiet              no progress and no warnings
      --no-progress        no progress
  -v, --verbose            say what each input held

not in this build yet: live capture (-i, -D, -w, -C, -W, -c, -B, --duration,
--until-failure, --keep-bytes, --netns), filters (-f, --exact-filter), writing
captures (-o x.pcapng, --only failed, --with-secrets).

      --version            print the version
  -h, --help               print this

exit status: 0 nothing failed, 1 a handshake failed, 2 the command line or an
input could not be used as a whole.
`
}
