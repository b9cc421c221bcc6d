package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	flag "github.com/spf13/pflag"

	"tlswhy/analyze/render"
)

// helpLine is one entry of the help text.
type helpLine struct {
	flags string // "-o, --output FILE"; a command's form in the usage section
	text  string
}

// helpSection is a heading of the help text with what stands below it.
type helpSection struct {
	title string
	lines []helpLine
	prose []string
}

var columns = regexp.MustCompile(`^  ( *\S.*?)(?:  +(\S.*))?$`)

// helpSections takes the help text apart.
func helpSections() []helpSection {
	var list []helpSection
	for line := range strings.Lines(usage()) {
		line = strings.TrimRight(line, "\n")
		last := len(list) - 1
		switch title, ok := strings.CutSuffix(line, ":"); {
		case line == "":
		case ok && !strings.HasPrefix(line, " "):
			list = append(list, helpSection{title: title})
		case !strings.HasPrefix(line, " "):
			list = append(list, helpSection{prose: []string{line}})
			if last >= 0 && len(list[last].prose) > 0 && len(list[last].lines) == 0 && list[last].title == "" {
				list[last].prose = append(list[last].prose, line)
				list = list[:last+1]
			}
		case strings.HasPrefix(line, strings.Repeat(" ", 20)): // goes on
			lines := list[last].lines
			lines[len(lines)-1].text += " " + strings.TrimSpace(line)
		default:
			m := columns.FindStringSubmatch(line)
			list[last].lines = append(list[last].lines, helpLine{strings.TrimSpace(m[1]), m[2]})
		}
	}
	return list
}

// roff escapes what troff would take for its own.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", "...").Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

// manPage is the manual page, made of the help text.
func manPage() string {
	b := &strings.Builder{}
	b.WriteString(".TH TLSWHY 1\n.SH NAME\ntlswhy \\- says why TLS handshakes in a capture failed\n")
	for i, s := range helpSections() {
		if s.title != "" {
			fmt.Fprintf(b, ".SH %s\n", strings.ToUpper(strings.Replace(s.title, "usage", "synopsis", 1)))
		} else if i > 0 {
			b.WriteString(".PP\n")
		} else {
			b.WriteString(".SH DESCRIPTION\n")
		}
		for _, p := range s.prose {
			b.WriteString(roff(p) + "\n")
		}
		for _, l := range s.lines {
			fmt.Fprintf(b, ".TP\n.B %s\n", roff(l.flags))
			if l.text != "" {
				b.WriteString(roff(l.text) + "\n")
			}
		}
	}
	return b.String()
}

// Words that flags take; the other ones take a file or something of the user's.
func flagWords(name string) []string {
	switch name {
	case "format":
		var names []string
		for _, f := range render.Formats() {
			names = append(names, f.Name)
		}
		return names
	case "only":
		return []string{"failed"}
	case "lang":
		return []string{"en", "zh"}
	case "color":
		return []string{"auto", "always", "never"}
	}
	return nil
}

// eachFlag calls f for every flag in the help's order; takes says that it has
// a value.
func eachFlag(f func(x *flag.Flag, takes bool)) {
	set := newFlags(&raw{})
	set.VisitAll(func(x *flag.Flag) { f(x, x.NoOptDefVal == "") })
}

func bashCompletion() string {
	var all, words, values []string
	eachFlag(func(x *flag.Flag, takes bool) {
		names := "--" + x.Name
		all = append(all, names)
		if x.Shorthand != "" {
			names += "|-" + x.Shorthand
		}
		if list := flagWords(x.Name); list != nil {
			words = append(words, fmt.Sprintf("\t%s) COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n", names, strings.Join(list, " ")))
		} else if takes && x.Name != "read" && x.Name != "output" && x.Name != "write" && x.Name != "keylog" && x.Name != "roots" {
			values = append(values, names)
		}
	})
	return "# bash completion for tlswhy, made from its flags\n_tlswhy() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n\tcase $prev in\n" +
		strings.Join(words, "") + "\t" + strings.Join(values, "|") + ") return ;;\n\tesac\n" +
		"\tif [[ $cur == -* ]]; then\n\t\tCOMPREPLY=($(compgen -W '" + strings.Join(all, " ") + "' -- \"$cur\"))\n\telse\n\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\tfi\n}\ncomplete -o filenames -F _tlswhy tlswhy\n"
}

func zshCompletion() string {
	b := &strings.Builder{}
	b.WriteString("#compdef tlswhy\n# zsh completion for tlswhy, made from its flags\n_arguments -s -S \\\n")
	eachFlag(func(x *flag.Flag, takes bool) {
		what := ""
		if list := flagWords(x.Name); list != nil {
			what = ":" + x.Name + ":(" + strings.Join(list, " ") + ")"
		} else if takes {
			what = ":" + x.Name + ":_files"
		}
		if x.Shorthand != "" {
			fmt.Fprintf(b, "\t'*-%s%s' \\\n", x.Shorthand, what)
		}
		fmt.Fprintf(b, "\t'*--%s%s' \\\n", x.Name, what)
	})
	b.WriteString("\t'*:capture:_files'\n")
	return b.String()
}

func fishCompletion() string {
	b := &strings.Builder{}
	b.WriteString("# fish completion for tlswhy, made from its flags\n")
	eachFlag(func(x *flag.Flag, takes bool) {
		fmt.Fprintf(b, "complete -c tlswhy -l %s", x.Name)
		if x.Shorthand != "" {
			fmt.Fprintf(b, " -s %s", x.Shorthand)
		}
		if list := flagWords(x.Name); list != nil {
			fmt.Fprintf(b, " -x -a '%s'", strings.Join(list, " "))
		} else if takes {
			b.WriteString(" -r")
		}
		b.WriteByte('\n')
	})
	return b.String()
}

// The manual page and the completions are those of the flags there are.
func TestManualAndCompletions(t *testing.T) {
	root(t)
	for name, text := range map[string]string{"tlswhy.1": manPage(), "tlswhy.bash": bashCompletion(), "_tlswhy": zshCompletion(), "tlswhy.fish": fishCompletion()} {
		golden(t, filepath.Join("cmd/tlswhy", name), []byte(text))
	}
	page := manPage()
	eachFlag(func(x *flag.Flag, _ bool) {
		if strings.Contains(usage(), "--"+x.Name) && !strings.Contains(page, roff("--"+x.Name)) {
			t.Errorf("the manual page has no --%s", x.Name)
		}
	})
}

func TestBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	script := bashCompletion() + `COMP_WORDS=(tlswhy --format ma); COMP_CWORD=2; _tlswhy; echo "${COMPREPLY[@]}"
COMP_WORDS=(tlswhy --with); COMP_CWORD=1; _tlswhy; echo "${COMPREPLY[@]}"`
	out, err := exec.Command(bash, "--norc", "-c", script).CombinedOutput()
	if err != nil || string(out) != "markdown\n--with-secrets\n" {
		t.Errorf("%q: %v", out, err)
	}
}
