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
	maxCauses   = 20 // bars of the chart of causes
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
		esc(sentence(p.label("outcomes over time"))), chartWidth, chartHeight+20, esc(p.countsText()))
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
	fmt.Fprintf(p.w, "<text x=\"0\" y=\"%d\">%s</text><text class=\"end\" x=\"%d\" y=\"%d\">+%s</text>\n</svg>\n<p class=\"legend\">", chartHeight+16, esc(timeText(first)), chartWidth, chartHeight+16, esc(durationText(span)))
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
	const row, label = 20, 240
	fmt.Fprintf(p.w, "<section><h2>%s</h2>\n<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n", esc(sentence(p.label("by cause"))), chartWidth, row*len(causes)+4, esc(p.label("by cause")))
	for i, c := range causes {
		width := float64(c.n) / float64(causes[0].n) * (chartWidth - label - 60)
		fmt.Fprintf(p.w, "<text x=\"0\" y=\"%d\">%s</text><rect class=\"failed\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"14\"></rect><text x=\"%.1f\" y=\"%d\">%d</text>\n",
			i*row+14, esc(c.id), label, i*row+3, max(width, 1), label+max(width, 1)+6, i*row+14, c.n)
	}
	p.put("</svg></section>\n")
}
