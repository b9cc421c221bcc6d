package render

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"tlswhy/analyze"
)

func htmlPage(r *analyze.Report) string {
	f, _ := ByName("html")
	o := testOptions()
	o.All = true
	return written(f, r, o)
}

// variedReport has n handshakes with three servers, two findings and all
// outcomes, so that there is something to filter.
func variedReport(n int) *analyze.Report {
	r := testReport(n, "mail.example.com")
	r.Summary = analyze.Summary{Handshakes: n, Findings: map[string]int{}}
	r.Groups = nil
	for i, h := range r.Handshakes {
		h.Facts.Server = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 77, 2, byte(1 + i%3)}), 443)
		h.Facts.Client = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 77, 1, byte(i % 200)}), uint16(20000+i%40000))
		h.Facts.Start = at(time.Duration(i) * time.Second)
		switch i % 4 {
		case 1:
			h.Findings[0].ID = "cert-expired"
			h.Facts.Events[1].Message = testHello(fmt.Sprintf("host-%d.example.com", i%50))
		case 3:
			h.Outcome, h.Findings = analyze.Completed, nil
			r.Summary.Completed++
			continue
		}
		r.Summary.Failed++
		r.Summary.Findings[h.Findings[0].ID]++
	}
	for _, id := range []string{"cert-expired", "cipher-no-overlap"} {
		g := analyze.Group{Finding: id, First: at(0), Last: at(time.Hour)}
		for _, h := range r.Handshakes {
			if f := h.Primary(); f != nil && f.ID == id {
				g.Server, g.Count, g.Handshakes = h.Facts.Server, g.Count+1, append(g.Handshakes, h.ID)
			}
		}
		r.Groups = append(r.Groups, g)
	}
	return r
}

func TestPageInBrowser(t *testing.T) {
	b := newBrowser(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *browser)
	}{{"trouble is seen", troubleIsSeen}, {"keyboard", worksByKeyboard}, {"hostile", runsNothing}, {"large", staysUsable}} {
		t.Run(test.name, func(t *testing.T) {
			b.t, b.troubles = t, nil
			test.run(t, b)
			b.loads()
			if len(b.troubles) > 0 {
				t.Errorf("%q", b.troubles)
			}
		})
		b.t = t
	}
}

// What the other tests look for is noticed when it is there.
func troubleIsSeen(t *testing.T, b *browser) {
	b.open(`<!DOCTYPE html><html data-ready="yes"><img src="http://127.0.0.1:49151/"><script>console.log("said"); thrown()</script></html>`)
	b.until(`document.images[0].complete`)
	b.loads()
	all := strings.Join(b.troubles, " ")
	for _, s := range []string{"loads something", "said", "thrown is not defined"} {
		if !strings.Contains(all, s) {
			t.Errorf("%s: not noticed in %q", s, b.troubles)
		}
	}
	b.open(`<!DOCTYPE html><html data-ready="yes"></html>`)
	b.troubles = nil
}

// The page loads nothing and says nothing on the console; its filters, its
// list and its groups are worked by keyboard alone.
func worksByKeyboard(t *testing.T, b *browser) {
	b.open(htmlPage(variedReport(40)))
	const rows = `document.querySelectorAll("#list tr.row").length`
	expect := func(what, expression, want string) {
		t.Helper()
		if got := b.eval(expression); got != want {
			t.Errorf("%s: %s, not %s", what, got, want)
		}
	}
	expect("all rows", rows, "40")
	b.keys("/", "c", "e", "r", "t", "-")
	expect("search", rows, "10")
	b.keys("Escape")
	expect("search emptied", rows, "40")
	b.keys("Tab", "c") // the first filter: completed
	expect("outcome", rows, "10")
	expect("said to a screen reader", `document.getElementById("status").textContent`, "10 of 40 handshakes")
	b.keys("Tab", "Tab", "Tab", "Tab", "Enter") // the button that shows all again
	expect("reset", rows, "40")
	b.eval(`document.activeElement.blur()`)
	b.keys("j", "j", "Enter")
	expect("second row is open", `document.activeElement.closest("tr").nextSibling.querySelectorAll(".ladder svg").length`, "1")
	expect("it says so", `document.activeElement.getAttribute("aria-expanded")`, "true")
	b.keys("Enter")
	expect("closed again", `document.querySelectorAll("#list tr.open").length`, "0")
	b.eval(`document.querySelector("#groups button").focus()`)
	b.keys("Enter")
	expect("the rows of a group", `[...document.querySelectorAll("#list tr.row code")].every(c => c.textContent === document.querySelector("#groups code").textContent)`, "true")
}

// Names and subjects that try to break out of their place run nothing, make no
// elements and load nothing.
func runsNothing(t *testing.T, b *browser) {
	for _, s := range []string{
		`</script><script>window.owned=1</script>`, `<img src=x onerror=window.owned=1>`, `"><svg onload=window.owned=1>`,
		`<!--<script>`, `'"` + "`" + `;window.owned=1//`, `</title></style><base href=//evil.test>`, `javascript:window.owned=1`, `{{constructor}}${window.owned=1}`,
	} {
		r := testReport(2, s)
		r.Handshakes[1].Findings[0].ID = "cert-expired"
		b.open(htmlPage(r))
		b.eval(`document.querySelectorAll("details, #list button.id").forEach(x => x.click())`)
		b.until(`document.querySelectorAll("pre").length > 0`)
		if got := b.eval(`[typeof window.owned, document.querySelectorAll("img, base, iframe, a").length, document.scripts.length].join()`); got != "undefined,0,8" {
			t.Errorf("%q: %s", s, got)
		}
		if !strings.Contains(b.eval(`document.body.textContent`), strings.Trim(clean(s), `"'`)[:8]) {
			t.Errorf("%q is not shown", s)
		}
	}
}

// Ten thousand handshakes are usable.
func staysUsable(t *testing.T, b *browser) {
	page := htmlPage(variedReport(10000))
	t.Logf("%d bytes", len(page))
	if len(page) > 40<<20 {
		t.Errorf("the page has %d bytes", len(page))
	}
	opened := b.open(page)
	took := b.eval(`(() => { const t = performance.now(), s = document.getElementById("search"); s.value = "host-17."; s.dispatchEvent(new Event("input")); document.body.offsetHeight; return Math.round(performance.now() - t); })()`)
	t.Logf("open after %v, filtered in %s ms", opened.Round(time.Millisecond), took)
	if n := b.eval(`document.querySelectorAll("#list tr.row").length`); n != "100" {
		t.Errorf("%s rows, not a page of 100", n)
	}
	if len(took) > 3 || opened > 20*time.Second {
		t.Errorf("open after %v, filtered in %s ms", opened, took)
	}
}

// The page has nothing that could load or run anything but its one script.
func TestPageIsClosed(t *testing.T) {
	page := htmlPage(testReport(2, `x" onload="y`))
	for _, s := range []string{"innerHTML", "insertAdjacentHTML", "document.write", "eval(", "<link", "<img", "@import", "url("} {
		if strings.Contains(page, s) {
			t.Errorf("%s stands in the page", s)
		}
	}
	if !strings.Contains(page, "default-src &#39;none&#39;") || strings.Contains(page, "unsafe-inline") {
		t.Error("the policy allows more than the page needs")
	}
}
