package stream

import (
	"math/rand/v2"
	"testing"
)

// TestOpenTableAgainstMap opens and closes connections whose hashes collide in
// their low bits: each stays found until it is removed.
func TestOpenTableAgainstMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	f := &flows{}
	f.init()
	open := map[uint32]uint64{} // ref to hash
	refs := []uint32{}
	for ref := uint32(1); ref < 20000; ref++ {
		hash := r.Uint64N(700) | r.Uint64N(4)<<40
		f.insert(hash, ref)
		open[ref] = hash
		refs = append(refs, ref)
		for len(refs) > 300 || len(refs) > 0 && r.IntN(3) == 0 {
			i := r.IntN(len(refs))
			f.remove(open[refs[i]], refs[i])
			delete(open, refs[i])
			refs[i] = refs[len(refs)-1]
			refs = refs[:len(refs)-1]
		}
		if ref%97 != 0 {
			continue
		}
		for ref, hash := range open {
			if !f.holds(hash, ref) {
				t.Fatalf("connection %d with hash %x is lost", ref, hash)
			}
		}
		if f.count != len(open) {
			t.Fatalf("%d counted, %d open", f.count, len(open))
		}
	}
}

func (f *flows) holds(hash uint64, ref uint32) bool {
	mask := uint32(len(f.open) - 1)
	for at := uint32(hash) & mask; f.open[at].ref != 0; at = (at + 1) & mask {
		if f.open[at] == (entry{uint32(hash), ref}) {
			return true
		}
	}
	return false
}

// TestClosedTable keeps every closed connection until the bound, and forgets
// the older half of them past it.
func TestClosedTable(t *testing.T) {
	const bound, n = 4096, 30000
	r := rand.New(rand.NewPCG(3, 4))
	f := &flows{}
	f.init()
	hashes, forgotten := make([]uint64, n), 0
	for i := range hashes {
		hashes[i] = r.Uint64()
		forgotten += f.bury(slot{hash: hashes[i], stream: uint32(i), flags: slotUsed}, bound, i, 0)
		for j := max(0, i-bound/2); j <= i; j += 97 {
			if sl := f.left(hashes[j]); sl == nil || int(sl.stream) != j {
				t.Fatalf("after %d connections, %d is not found: %+v", i+1, j, sl)
			}
		}
	}
	found := 0
	for i, hash := range hashes {
		if sl := f.left(hash); sl != nil && int(sl.stream) == i {
			found++
		}
	}
	if found+forgotten != n || forgotten == 0 {
		t.Errorf("%d found and %d forgotten of %d", found, forgotten, n)
	}
	if f.left(1) != nil {
		t.Error("found what was never there")
	}
}
