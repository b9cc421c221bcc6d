package render

import (
	"cmp"
	"fmt"
	"slices"

	"tlswhy/analyze"
)

const (
	chartWidth  = 720 // of the drawings, in units of their own
	chartHeight = 120
	chartBars   = 60
	maxCauses   = 12 // bars of the chart of causes; the groups tell of all
)

// charts draws the outcomes over time and the causes.
func (p *page) charts() {
	if len(p.r.Handshakes) < 2 {
		return
	}
	p.outcomeChart()
	p.causeChart()
}

// outcomeChart is a stack for each slice of time.
func (p *page) outcomeChart() {
	first, last := p.r.Handshakes[0].Facts.Start, p.r.Handshakes[0].Facts.Start
	for _, h := range p.r.Handshakes {
		if s := h.Facts.Start; s.Before(first) {
			first = s
		} else if s.After(last) {
			last = s
		}
	}
	span := last.Sub(first)
	if span <= 0 {
		return
	}
	outcomes := []analyze.Outcome{analyze.Failed, analyze.Incomplete, analyze.Completed}
	var counts [chartBars][3]int
	most := 0
	for _, h := range p.r.Handshakes {
		i := min(int(float64(h.Facts.Start.Sub(first))/float64(span)*chartBars), chartBars-1)
		counts[i][slices.Index(outcomes, h.Outcome)]++
		most = max(most, counts[i][0]+counts[i][1]+counts[i][2])
	}
	fmt.Fprintf(p.w, "<section><h2>%s</h2>\n<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
		esc(sentence(p.label("outcomes over time"))), chartWidth, chartHeight, esc(p.countsText()))
	const bar = float64(chartWidth) / chartBars
	for i, c := range counts {
		y := float64(chartHeight)
		for k, o := range outcomes {
			if c[k] == 0 {
				continue
			}
			height := float64(c[k]) / float64(most) * (chartHeight - 4)
			y -= height
			fmt.Fprintf(p.w, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%d %s</title></rect>\n", o, float64(i)*bar, y, bar-1, height, c[k], esc(p.label(string(o))))
		}
	}
	fmt.Fprintf(p.w, "</svg>\n<p class=\"axis\"><span>%s</span><span>+%s</span></p>\n<p class=\"legend\">", esc(timeText(first)), esc(durationText(span)))
	for _, o := range outcomes {
		fmt.Fprintf(p.w, "<span class=\"key %s\"></span>%s ", o, esc(p.label(string(o))))
	}
	p.put("</p></section>\n")
}

// causeChart is a bar for each primary finding.
func (p *page) causeChart() {
	type cause struct {
		id string
		n  int
	}
	var causes []cause
	for id, n := range p.r.Summary.Findings {
		causes = append(causes, cause{id, n})
	}
	if len(causes) < 2 {
		return
	}
	slices.SortFunc(causes, func(a, b cause) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.id, b.id)) })
	causes = causes[:min(len(causes), maxCauses)]
	fmt.Fprintf(p.w, "<section id=\"causes\"><h2>%s</h2>\n<table><tbody>\n", esc(sentence(p.label("by cause"))))
	for _, c := range causes {
		width := max(float64(c.n)/float64(causes[0].n)*100, 0.5)
		fmt.Fprintf(p.w, "<tr><td><code>%s</code></td><td class=\"bar\"><svg viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"failed\" width=\"%.1f\" height=\"1\"></rect></svg></td><td class=\"n\">%s</td></tr>\n",
			esc(c.id), width, countText(int64(c.n)))
	}
	p.put("</tbody></table></section>\n")
}
