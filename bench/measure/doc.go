// Package measure drives workers in a closed loop and says how fast they were.
//
// Two things are measured side by side in slices that take turns, A B A B,
// so that whatever drifts on the machine during a run - heat, caches, a
// neighbour - hits both. Their ratio is then honest even where the figures
// themselves belong to the day.
package measure
