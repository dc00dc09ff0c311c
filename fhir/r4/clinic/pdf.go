package clinic

import (
	"bytes"
	"fmt"
	"time"

	"codeberg.org/go-pdf/fpdf"
	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// page is one sheet with the clinic's letterhead, in the core fonts every
// reader has, which hold the Latin alphabets of western Europe; latin turns
// text into their encoding.
type page struct {
	*fpdf.Fpdf
	latin func(string) string
}

// newPage begins a sheet about a patient. The dates inside the file are those
// of the report, so that the same report is the same bytes.
func (c *plan) newPage(p *person, title string, at time.Time) page {
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCatalogSort(true)
	f.SetCreationDate(at.UTC())
	f.SetModificationDate(at.UTC())
	f.SetTitle(title, true)
	f.SetMargins(20, 18, 20)
	f.AddPage()
	d := page{f, c.latin}

	f.SetFillColor(18, 84, 110)
	f.Rect(0, 0, 210, 9, "F")
	d.line("B", 15, 8, clinicName)
	d.line("", 9, 4.5, "1 Harborside Square, "+town+", "+state+" "+postalCode+"   +1-603-555-0100   reception@example.org")
	d.line("I", 9, 9, "Synthetic demonstration data. No real person is described.")
	d.line("B", 13, 9, title)
	who := c.patient(p)
	d.line("", 10, 5.5, fmt.Sprintf("Patient: %s   %s   born %s   %s", r4.Name(who.Name), r4.MRN(who), p.born.Format("2 January 2006"), who.Gender.Display()))
	return d
}

// line writes one line in a style and size, height millimetres tall.
func (d page) line(style string, size, height float64, text string) {
	d.SetFont("Helvetica", style, size)
	d.CellFormat(0, height, d.latin(text), "", 1, "L", false, 0, "")
}

// signature ends the sheet.
func (d page) signature(v *visit) []byte {
	d.Ln(9)
	d.line("", 10, 5.5, r4.Name([]models.HumanName{v.doctor.name()}))
	d.line("", 9, 5, v.doctor.specialty().name)
	var out bytes.Buffer
	if err := d.Output(&out); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// labPDF is a laboratory report: a table of the results.
func (c *plan) labPDF(p *person, v *visit, x report) []byte {
	d := c.newPage(p, *x.Code.Text, v.start)
	d.line("", 10, 5.5, "Drawn: "+v.start.Format("2 January 2006"))
	d.Ln(4)
	row := func(style string, fill bool, cells ...string) {
		d.SetFont("Helvetica", style, 10)
		for i, width := range []float64{72, 44, 14, 40} {
			d.CellFormat(width, 7, d.latin(cells[i]), "B", 0, "L", fill, 0, "")
		}
		d.Ln(-1)
	}
	d.SetDrawColor(190, 200, 205)
	d.SetFillColor(228, 238, 242)
	row("B", true, "Test", "Result", "", "Reference")
	for _, o := range x.results {
		style, flag := "", r4.Flag(o)
		if flag == "N" {
			flag = ""
		}
		if flag != "" {
			style = "B"
		}
		row(style, false, *o.Code.Text, r4.Value(o), flag, r4.Limits(o))
	}
	d.Ln(5)
	d.SetFont("Helvetica", "", 10)
	d.MultiCell(0, 5.5, d.latin(*x.Conclusion), "", "L", false)
	return d.signature(v)
}

// textPDF is a report in sentences.
func (c *plan) textPDF(p *person, v *visit, title, subtitle string, paragraphs []string) []byte {
	d := c.newPage(p, title, v.start)
	d.line("", 10, 5.5, subtitle)
	for _, text := range paragraphs {
		d.Ln(3)
		d.SetFont("Helvetica", "", 11)
		d.MultiCell(0, 6, d.latin(text), "", "L", false)
	}
	return d.signature(v)
}
