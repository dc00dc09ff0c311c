package measure

import (
	"math"
	"slices"
)

// Latency says how long operations took, in milliseconds. The percentiles are
// exact: each is the time of an operation that really happened.
type Latency struct {
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

// Summarise sorts the microseconds it is given and reads the percentiles off.
func Summarise(micros []uint32) Latency {
	slices.Sort(micros)
	return Latency{
		P50: Percentile(micros, 50), P95: Percentile(micros, 95),
		P99: Percentile(micros, 99), Max: Percentile(micros, 100),
	}
}

// Percentile is the smallest of the sorted times that at least p per cent do
// not exceed (nearest rank), in milliseconds; 0 if there are none.
func Percentile(sorted []uint32, p float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return float64(sorted[min(max(rank, 1), len(sorted))-1]) / 1000
}

// Median of the values, which are not changed; 0 if there are none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	if mid := len(s) / 2; len(s)%2 == 0 {
		return (s[mid-1] + s[mid]) / 2
	}
	return s[len(s)/2]
}

// MedianAt is the index of the value that stands in the middle, the lower one
// of two; -1 if there are none.
func MedianAt(values []float64) int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case values[a] < values[b]:
			return -1
		case values[a] > values[b]:
			return 1
		}
		return 0
	})
	if len(order) == 0 {
		return -1
	}
	return order[(len(order)-1)/2]
}
