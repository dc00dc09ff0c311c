package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Table is a title and cells of text. The first column is aligned to the left,
// the others to the right.
type Table struct {
	Title string
	Head  []string
	Rows  [][]string
}

// Add appends a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

func (t *Table) widths() []int {
	w := make([]int, len(t.Head))
	for _, row := range append([][]string{t.Head}, t.Rows...) {
		for i, cell := range row {
			w[i] = max(w[i], utf8.RuneCountInString(cell))
		}
	}
	return w
}

// Plain writes the table for a terminal.
func (t *Table) Plain(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", t.Title)
	widths := t.widths()
	for _, row := range append([][]string{t.Head}, t.Rows...) {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			line.WriteString(pad(cell, widths[i], i == 0))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String()+"\n")
	return err
}

// Markdown writes the table for a document.
func (t *Table) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", t.Title)
	widths := t.widths()
	line := func(row []string) {
		for i, cell := range row {
			b.WriteString("| " + pad(strings.ReplaceAll(cell, "|", `\|`), widths[i], i == 0) + " ")
		}
		b.WriteString("|\n")
	}
	line(t.Head)
	for i := range t.Head {
		b.WriteString("|" + map[bool]string{true: "---", false: "--:"}[i == 0])
	}
	b.WriteString("|\n")
	for _, row := range t.Rows {
		line(row)
	}
	_, err := io.WriteString(w, b.String()+"\n")
	return err
}

func pad(s string, width int, left bool) string {
	space := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
	if left {
		return s + space
	}
	return space + s
}

// none stands where there is no figure.
const none = "–"

// number writes a figure with the digits that mean something: three.
func number(v float64) string {
	switch {
	case v < 0.005:
		return none
	case v < 9.95:
		return fmt.Sprintf("%.2f", v)
	case v < 99.5:
		return fmt.Sprintf("%.1f", v)
	}
	s := fmt.Sprintf("%.0f", v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// cores writes processors in use.
func cores(v float64) string { return fmt.Sprintf("%.2f", v) }

// megabytes of a number of bytes.
func megabytes(bytes int64) string {
	if bytes == 0 {
		return none
	}
	return number(float64(bytes) / (1 << 20))
}

func percent(ratio float64) string {
	if ratio == 0 {
		return none
	}
	return fmt.Sprintf("%.0f%%", 100*ratio)
}
