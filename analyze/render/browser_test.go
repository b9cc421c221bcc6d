package render

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// browser is a headless Chromium, driven by its DevTools protocol over two
// pipes: messages of JSON that end in a zero byte.
type browser struct {
	t        *testing.T
	in       *os.File
	out      *bufio.Reader
	id       int
	session  string
	troubles []string // exceptions, errors on the console, violations of the policy
}

type devMessage struct {
	ID     int             `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
	Session string `json:"sessionId,omitempty"`
}

// newBrowser starts Chromium with an empty page, or skips the test where there
// is none.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a browser for some seconds")
	}
	name, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium here: the page is not looked at")
	}
	in, toBrowser := pipe(t)
	fromBrowser, out := pipe(t)
	cmd := exec.Command(name, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{in, out} // 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	out.Close()
	late := time.AfterFunc(3*time.Minute, func() { cmd.Process.Kill() })
	b := &browser{t: t, in: toBrowser, out: bufio.NewReaderSize(fromBrowser, 1<<20)}
	t.Cleanup(func() {
		b.send("Browser.close", nil)
		done := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		late.Stop()
		done.Stop()
	})
	b.attach()
	return b
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

func (b *browser) attach() {
	b.t.Helper()
	var target struct {
		ID string `json:"targetId"`
	}
	b.ask(&target, "Target.createTarget", map[string]any{"url": "about:blank"})
	var attached struct {
		Session string `json:"sessionId"`
	}
	b.ask(&attached, "Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true})
	b.session = attached.Session
	for _, domain := range []string{"Runtime", "Log", "Page"} {
		b.ask(nil, domain+".enable", nil)
	}
}

func (b *browser) send(method string, params any) int {
	b.id++
	raw, _ := json.Marshal(params)
	m, _ := json.Marshal(devMessage{ID: b.id, Method: method, Params: raw, Session: b.session})
	b.in.Write(append(m, 0))
	return b.id
}

// ask calls a method and waits for its answer. What the page says meanwhile is
// kept when it is trouble.
func (b *browser) ask(answer any, method string, params any) {
	b.t.Helper()
	for id := b.send(method, params); ; {
		raw, err := b.out.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: the browser is gone: %v", method, err)
		}
		var m devMessage
		if err := json.Unmarshal(bytes.TrimSuffix(raw, []byte{0}), &m); err != nil {
			b.t.Fatal(err)
		}
		b.note(&m)
		switch {
		case m.ID != id:
		case m.Error != nil:
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		case answer != nil:
			if err := json.Unmarshal(m.Result, answer); err != nil {
				b.t.Fatal(err)
			}
			return
		default:
			return
		}
	}
}

func (b *browser) note(m *devMessage) {
	p := string(m.Params)
	switch m.Method {
	case "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded", "Page.javascriptDialogOpening":
		b.troubles = append(b.troubles, m.Method+" "+p)
	}
}

// loads notes what the page has loaded, or tried to.
func (b *browser) loads() {
	b.t.Helper()
	if names := b.eval("performance.getEntriesByType(\"resource\").map(e => e.name).join(\" \")"); names != "" {
		b.troubles = append(b.troubles, "loads something: "+names)
	}
}

// open shows a page and waits until its script is through.
func (b *browser) open(page string) time.Duration {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		b.t.Fatal(err)
	}
	begun := time.Now()
	b.ask(nil, "Page.navigate", map[string]any{"url": "file://" + file})
	b.until(`document.documentElement.dataset.ready === "yes"`)
	return time.Since(begun)
}

// until waits for an expression to become true.
func (b *browser) until(expression string) {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); b.eval(expression) != "true"; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("%s does not become true; %q", expression, b.troubles)
		}
	}
}

// eval is the value of an expression in the page, as a string.
func (b *browser) eval(expression string) string {
	b.t.Helper()
	var got struct {
		Result struct {
			Value any `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	b.ask(&got, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true})
	if got.Exception != nil {
		return got.Exception.Text
	}
	return fmt.Sprint(got.Result.Value)
}

// keys presses one key after the other: characters, or names as "Tab".
func (b *browser) keys(names ...string) {
	b.t.Helper()
	codes := map[string]int{"Tab": 9, "Enter": 13, "Escape": 27, "ArrowDown": 40, "Home": 36}
	for _, name := range names {
		p := map[string]any{"type": "keyDown", "key": name}
		switch {
		case codes[name] != 0:
			p["code"], p["windowsVirtualKeyCode"] = name, codes[name]
			if name == "Enter" {
				p["text"] = "\r"
			}
		default:
			p["text"] = name
		}
		b.ask(nil, "Input.dispatchKeyEvent", p)
		b.ask(nil, "Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": name, "windowsVirtualKeyCode": codes[name]})
	}
}
