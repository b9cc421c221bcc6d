package main

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	flag "github.com/spf13/pflag"

	"tlswhy/analyze/render"
	"tlswhy/decode/filter"
)

// options are the command line, checked.
type options struct {
	files      []string
	outputs    []output
	format     render.Format // of standard output
	stdout     bool          // a report goes to standard output
	stdoutSaid bool          // because -o - says so

	onlyFailed  bool // captures hold the failing connections alone
	withSecrets bool // captures keep decryption secrets

	all      bool
	redact   bool
	force    bool
	quiet    bool
	verbose  bool
	progress bool
	color    string
	lang     string
	roots    string
	keylog   string // file; empty without
	secrets  []byte // its content, once read
	timeout  time.Duration

	servers, clients []endpoint
	names            []string
	ports            []uint16
	streams          []int

	filter      *filter.Filter // nil: every packet
	exactFilter bool           // without what belongs to the packets that it takes

	interfaces   []string // captured on; then there are no files
	netns        string
	buffer       int // bytes of the kernel's ring; 0 is the usual
	untilFailure bool
	duration     time.Duration
	count        int
	command      []string // run beside the capture
	keylogAuto   bool     // the command's own secrets
	write        string   // file that the packets go to
	rotateSize   int      // millions of bytes of a file; 0: one file
	rotateFiles  int      // files kept; 0: all
	keep         int      // bytes of recent packets kept for that; 0 is the usual

	help, version, listFindings, listPorts, listInterfaces bool
	explain                                                string
}

// output is a file that a report goes to.
type output struct {
	file   string
	format render.Format // of a report; without a name the file is a capture
}

// isCapture reports whether the inputs are written again, with comments.
func (o output) isCapture() bool { return o.format.Name == "" }

const captureExtension = ".pcapng"

// raw is the command line as pflag leaves it.
type raw struct {
	options
	read, out      []string
	formatName     string
	server, client []string
	port           []uint
	stream         []int
	noProgress     bool
	expression     string
	only           string
	bufferSize     string
	keepBytes      string
}

// newFlags declares every flag of the contract.
func newFlags(r *raw) *flag.FlagSet {
	f := flag.NewFlagSet("tlswhy", flag.ContinueOnError)
	f.SortFlags = false
	f.Usage = func() {}
	f.StringArrayVarP(&r.read, "read", "r", nil, "")
	f.StringArrayVarP(&r.interfaces, "interface", "i", nil, "")
	f.StringVarP(&r.expression, "filter", "f", "", "")
	f.BoolVar(&r.exactFilter, "exact-filter", false, "")
	f.StringVarP(&r.write, "write", "w", "", "")
	f.IntVarP(&r.rotateSize, "rotate-size", "C", 0, "")
	f.IntVarP(&r.rotateFiles, "rotate-files", "W", 0, "")
	f.StringArrayVarP(&r.out, "output", "o", nil, "")
	f.StringVar(&r.formatName, "format", "text", "")
	f.BoolVarP(&r.all, "all", "a", false, "")
	f.StringVar(&r.only, "only", "", "")
	f.StringArrayVar(&r.server, "server", nil, "")
	f.StringArrayVar(&r.client, "client", nil, "")
	f.StringArrayVar(&r.names, "sni", nil, "")
	f.UintSliceVar(&r.port, "port", nil, "")
	f.IntSliceVar(&r.stream, "stream", nil, "")
	f.StringVar(&r.keylog, "keylog", "", "")
	f.StringVar(&r.roots, "roots", "mozilla", "")
	f.BoolVar(&r.redact, "redact", false, "")
	f.BoolVar(&r.withSecrets, "with-secrets", false, "")
	f.DurationVar(&r.timeout, "timeout", 10*time.Second, "")
	f.BoolVar(&r.untilFailure, "until-failure", false, "")
	f.DurationVar(&r.duration, "duration", 0, "")
	f.IntVarP(&r.count, "count", "c", 0, "")
	f.StringVarP(&r.bufferSize, "buffer-size", "B", "", "")
	f.StringVar(&r.keepBytes, "keep-bytes", "", "")
	f.StringVar(&r.netns, "netns", "", "")
	f.BoolVar(&r.force, "force", false, "")
	f.StringVar(&r.lang, "lang", "en", "")
	f.StringVar(&r.color, "color", "auto", "")
	f.BoolVar(&r.noProgress, "no-progress", false, "")
	f.BoolVarP(&r.quiet, "quiet", "q", false, "")
	f.BoolVarP(&r.verbose, "verbose", "v", false, "")
	f.StringVar(&r.explain, "explain", "", "")
	f.BoolVar(&r.listFindings, "list-findings", false, "")
	f.BoolVar(&r.listPorts, "list-ports", false, "")
	f.BoolVarP(&r.listInterfaces, "list-interfaces", "D", false, "")
	f.BoolVar(&r.version, "version", false, "")
	f.BoolVarP(&r.help, "help", "h", false, "")
	return f
}

// parse reads the command line. Every error has a hint.
func parse(args []string) (*options, error) {
	var r raw
	f := newFlags(&r)
	if err := f.Parse(args); err != nil {
		return nil, hint(f, err)
	}
	o := &r.options
	if o.help || o.version || o.listFindings || o.listPorts || o.listInterfaces {
		return o, nil
	}
	if f.Changed("explain") {
		// The words of a message may come unquoted.
		o.explain = strings.TrimSpace(strings.Join(append([]string{o.explain}, f.Args()...), " "))
		if o.explain == "" {
			return nil, fmt.Errorf("--explain needs a finding, an alert or an error text (--list-findings lists the findings)")
		}
		return o, nil
	}
	o.files = append(slices.Clone(r.read), f.Args()...)
	for _, check := range []func(*raw, *flag.FlagSet) error{checkFilter, checkLive, checkWords, checkOutputs, checkNarrowing} {
		if err := check(&r, f); err != nil {
			return nil, err
		}
	}
	if len(o.files) == 0 && len(o.interfaces) == 0 {
		return nil, fmt.Errorf("no capture is given (tlswhy FILE, tlswhy - for standard input, or tlswhy -i any)")
	}
	if n := slices.Index(o.files, "-"); n >= 0 && slices.Contains(o.files[n+1:], "-") {
		return nil, fmt.Errorf("standard input (-) can be read only once")
	}
	o.progress = !r.noProgress && !r.quiet
	return o, nil
}

// checkFilter reads the filter expression.
func checkFilter(r *raw, f *flag.FlagSet) (err error) {
	if !f.Changed("filter") {
		if r.exactFilter {
			return fmt.Errorf("--exact-filter is for a filter expression (-f)")
		}
		return nil
	}
	r.filter, err = filter.Parse(r.expression)
	return err
}

// checkWords checks flags that take one of a few words.
func checkWords(r *raw, f *flag.FlagSet) error {
	var ok bool
	if r.format, ok = render.ByName(r.formatName); !ok {
		return fmt.Errorf("unknown format %q (one of %s)", r.formatName, strings.Join(formatNames(), ", "))
	}
	if !slices.Contains([]string{"auto", "always", "never"}, r.color) {
		return fmt.Errorf("unknown --color %q (one of auto, always, never)", r.color)
	}
	if r.lang != "en" && r.lang != "zh" {
		return fmt.Errorf("unknown --lang %q (one of en, zh)", r.lang)
	}
	if r.timeout <= 0 {
		return fmt.Errorf("--timeout %s is not longer than nothing (10s is usual)", r.timeout)
	}
	if r.keylog == "auto" {
		if len(r.command) == 0 {
			return fmt.Errorf("--keylog auto is for a command beside a live capture (-i IF --keylog auto -- CMD); give a file")
		}
		r.keylog, r.keylogAuto = "", true
	}
	if r.roots == "" {
		return fmt.Errorf("--roots needs a PEM file, or system, or mozilla")
	}
	return nil
}

func formatNames() []string {
	var names []string
	for _, f := range render.Formats() {
		names = append(names, f.Name)
	}
	return names
}

// checkOutputs finds the format of every -o by its extension.
func checkOutputs(r *raw, f *flag.FlagSet) error {
	r.stdout = len(r.out) == 0
	seen := map[string]bool{}
	for _, name := range r.out {
		if name == "-" {
			r.stdout, r.stdoutSaid = true, true
			continue
		}
		ext := strings.ToLower(filepath.Ext(name))
		format, ok := render.ByExtension(ext)
		switch {
		case !ok && ext != captureExtension:
			return fmt.Errorf("-o %s: the extension names no format (one of %s)", name, strings.Join(extensions(), " "))
		case seen[filepath.Clean(name)]:
			return fmt.Errorf("-o %s is given twice", name)
		}
		seen[filepath.Clean(name)] = true
		r.outputs = append(r.outputs, output{name, format})
	}
	if r.stdout && r.format.Machine && len(r.command) > 0 {
		return fmt.Errorf("--format %s: standard output stays the command's (write the report with -o FILE)", r.format.Name)
	}
	if err := checkCapture(r, f); err != nil {
		return err
	}
	if f.Changed("format") && !r.stdout {
		return fmt.Errorf("--format is for standard output, which -o takes the place of (add -o - to have both)")
	}
	return nil
}

// checkCapture checks what only means something for captures that are written.
func checkCapture(r *raw, f *flag.FlagSet) error {
	r.onlyFailed = r.only == "failed"
	switch {
	case f.Changed("only") && !r.onlyFailed:
		return fmt.Errorf("unknown --only %q (failed)", r.only)
	case r.onlyFailed && !r.writesCapture() && r.write == "":
		return fmt.Errorf("--only failed is for a capture that is written (-o x.pcapng, or -w with -i)")
	case r.writesCapture() && len(r.interfaces) > 0:
		return fmt.Errorf("-o x.pcapng is for captures that are read: live, -w FILE keeps the packets, and tlswhy -o x.pcapng FILE annotates them")
	case r.withSecrets && !r.writesCapture():
		return fmt.Errorf("--with-secrets is for a capture that is written (add -o x.pcapng)")
	case r.redact && r.withSecrets:
		return fmt.Errorf("--redact leaves out what --with-secrets wants to keep")
	}
	return nil
}

func extensions() []string {
	var list []string
	for _, f := range render.Formats() {
		list = append(list, f.Extensions...)
	}
	return append(list, captureExtension)
}

// writesCapture reports whether a capture is among the outputs.
func (o *options) writesCapture() bool { return slices.ContainsFunc(o.outputs, output.isCapture) }

// checkNarrowing reads the flags that select handshakes.
func checkNarrowing(r *raw, f *flag.FlagSet) error {
	var err error
	if r.servers, err = endpoints("--server", r.server); err != nil {
		return err
	}
	if r.clients, err = endpoints("--client", r.client); err != nil {
		return err
	}
	for _, n := range r.port {
		if n < 1 || n > 65535 {
			return fmt.Errorf("--port %d is no port (1 to 65535)", n)
		}
		r.ports = append(r.ports, uint16(n))
	}
	for _, n := range r.stream {
		if n < 0 {
			return fmt.Errorf("--stream %d: stream numbers begin with 0, as in Wireshark's tcp.stream", n)
		}
	}
	r.streams = r.stream
	return nil
}

// endpoint is an address, a network, or either with a port.
type endpoint struct {
	net  netip.Prefix
	port uint16 // 0: any
}

func endpoints(name string, list []string) ([]endpoint, error) {
	var out []endpoint
	for _, s := range list {
		e, err := parseEndpoint(s)
		if err != nil {
			return nil, fmt.Errorf("%s %q is no address (as 192.0.2.1, 192.0.2.0/24, 192.0.2.1:443 or [2001:db8::1]:443)", name, s)
		}
		out = append(out, e)
	}
	return out, nil
}

func parseEndpoint(s string) (endpoint, error) {
	if p, err := netip.ParseAddrPort(s); err == nil {
		return endpoint{prefixOf(p.Addr()), p.Port()}, nil
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return endpoint{p.Masked(), 0}, nil
	}
	if port, ok := strings.CutPrefix(s, ":"); ok {
		n, err := strconv.ParseUint(port, 10, 16)
		return endpoint{port: uint16(n)}, err
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return endpoint{}, err
	}
	return endpoint{prefixOf(a), 0}, nil
}

func prefixOf(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	return netip.PrefixFrom(a, a.BitLen())
}

func (e endpoint) has(p netip.AddrPort) bool {
	if e.port != 0 && e.port != p.Port() {
		return false
	}
	return !e.net.IsValid() || e.net.Contains(p.Addr().Unmap().WithZone(""))
}
