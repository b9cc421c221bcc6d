package analyze

import "testing"

// BenchmarkReport judges some hundred failures, each beside the others.
func BenchmarkReport(b *testing.B) {
	for _, whole := range []bool{false, true} {
		name := map[bool]string{false: "examples", true: "whole"}[whole]
		b.Run(name, func(b *testing.B) {
			pcap := manyFailures(600)
			b.ReportAllocs()
			for b.Loop() {
				if r := reportOf(b, pcap, Options{Whole: whole}); r.Summary.Failed == 0 {
					b.Fatal("nothing failed")
				}
			}
		})
	}
}
