package clinic_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"image/png"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/r4/clinic"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// TestSize proves the promised size: enough for every page, small enough to
// load in seconds.
func TestSize(t *testing.T) {
	t.Parallel()
	w := today(t)
	if n := len(w.list); n < 4000 || n > 8000 {
		t.Errorf("%d resources", n)
	}
	if w.size > 8_000_000 {
		t.Errorf("%d bytes", w.size)
	}
	if len(w.names) != 62 || w.names[0] != "organisation" || w.names[1] != "slots" || w.names[2] != "patient-01" || w.names[61] != "patient-60" {
		t.Errorf("the Bundles are %v", w.names)
	}
	specialties := map[string]bool{}
	for _, r := range w.of("PractitionerRole") {
		specialties[r.text("specialty", "0", "coding", "0", "code")] = true
	}
	if len(w.of("Practitioner")) != 12 || len(specialties) != 12 || len(w.of("Patient")) != 60 {
		t.Errorf("%d doctors of %d specialties, %d patients", len(w.of("Practitioner")), len(specialties), len(w.of("Patient")))
	}
}

// TestSameDaySameBytes proves that nothing depends on the time of day, on an
// earlier run, or on how far a run is followed.
func TestSameDaySameBytes(t *testing.T) {
	t.Parallel()
	var first []clinic.Bundle
	for b := range clinic.Bundles(day) {
		first = append(first, b)
	}
	i := 0
	for b := range clinic.Bundles(day.Add(-14 * time.Hour)) {
		if b.Name != first[i].Name || !bytes.Equal(b.JSON, first[i].JSON) {
			t.Fatalf("%s differs", b.Name)
		}
		if i++; i == 40 {
			break
		}
	}
}

// TestIdentitiesStay proves that loading on a later day moves the clinic
// instead of adding a second one, whatever the weekday, the season and the
// clock do.
func TestIdentitiesStay(t *testing.T) {
	t.Parallel()
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	kathmandu := time.FixedZone("+0545", 5*3600+45*60)
	want := slices.Sorted(maps.Keys(today(t).by))
	for _, now := range []time.Time{
		time.Date(2026, time.November, 28, 0, 0, 0, 0, newYork),
		time.Date(2027, time.March, 14, 12, 0, 0, 0, newYork), // the clock skips an hour
		time.Date(2028, time.February, 29, 23, 59, 0, 0, kathmandu),
		time.Date(2027, time.January, 1, 8, 0, 0, 0, time.UTC),
		time.Date(2026, time.October, 14, 8, 0, 0, 0, time.UTC),
	} {
		t.Run(now.Format(time.DateOnly), func(t *testing.T) {
			t.Parallel()
			w := load(t, now)
			if got := slices.Sorted(maps.Keys(w.by)); !slices.Equal(got, want) {
				t.Errorf("%d identities, %d on another day", len(got), len(want))
			}
			holdAppointments(t, w, now)
		})
	}
}

// TestReferencesResolve proves that every reference points into the same
// Bundle or one before it, and that ids are ids.
func TestReferencesResolve(t *testing.T) {
	t.Parallel()
	w := today(t)
	for _, r := range w.list {
		if !fhir.ValidID(r.id) || !strings.HasPrefix(r.id, "demo-") {
			t.Errorf("%s has no good id", r.key())
		}
		for n := r.root; n < r.doc.Skip(r.root); n++ {
			if !r.doc.KeyIs(n, "reference") {
				continue
			}
			target, ok := w.by[r.doc.Text(n)]
			if !ok || target.bundle > r.bundle {
				t.Errorf("%s refers to %q", r.key(), r.doc.Text(n))
			}
		}
	}
}

// TestAttachments proves that every attachment that points at a Binary
// describes its bytes, that the bytes are what they are called, and that no
// Binary is forgotten or open to others than the patient's.
func TestAttachments(t *testing.T) {
	t.Parallel()
	w := today(t)
	pointed := map[string]bool{}
	for _, r := range w.list {
		for n := r.root; n < r.doc.Skip(r.root); n++ {
			url := r.doc.Text(r.doc.Get(n, "url"))
			if r.doc.Kind(n) != tree.Object || !strings.HasPrefix(url, "Binary/") {
				continue
			}
			file, ok := w.by[url]
			if !ok {
				t.Errorf("%s attaches %q", r.key(), url)
				continue
			}
			pointed[url] = true
			data, err := base64.StdEncoding.DecodeString(file.text("data"))
			if err != nil {
				t.Fatalf("%s: %v", url, err)
			}
			hash := sha1.Sum(data)
			if r.doc.Text(r.doc.Get(n, "size")) != strconv.Itoa(len(data)) ||
				r.doc.Text(r.doc.Get(n, "hash")) != base64.StdEncoding.EncodeToString(hash[:]) ||
				r.doc.Text(r.doc.Get(n, "contentType")) != file.text("contentType") {
				t.Errorf("%s does not describe %s", r.key(), url)
			}
			if r.subject() != file.subject() {
				t.Errorf("%s is open to %q", url, file.subject())
			}
			holdFile(t, url, file.text("contentType"), data)
		}
	}
	if len(pointed) != len(w.of("Binary")) {
		t.Errorf("%d of %d Binaries are attached to something", len(pointed), len(w.of("Binary")))
	}
}

func holdFile(t *testing.T, url, contentType string, data []byte) {
	t.Helper()
	if len(data) > 30_000 {
		t.Errorf("%s has %d bytes", url, len(data))
	}
	switch contentType {
	case "application/pdf":
		if !bytes.HasPrefix(data, []byte("%PDF-")) || !bytes.HasSuffix(bytes.TrimSpace(data), []byte("%%EOF")) || !bytes.Contains(data, []byte("/Count 1\n")) {
			t.Errorf("%s is not a PDF of one page", url)
		}
	case "image/png":
		if img, err := png.Decode(bytes.NewReader(data)); err != nil || img.Bounds().Dx() < 400 {
			t.Errorf("%s is not a picture: %v", url, err)
		}
	default:
		t.Errorf("%s is of type %q", url, contentType)
	}
}

// TestNobodyIsReal proves that telephone numbers are of the range kept for
// fiction, mail and identifiers go to example.org, and provider numbers begin
// as no real one does.
func TestNobodyIsReal(t *testing.T) {
	t.Parallel()
	phone := regexp.MustCompile(`^\+1-\d{3}-555-01\d\d$`)
	for _, r := range today(t).list {
		for n := r.root; n < r.doc.Skip(r.root); n++ {
			value, system := r.doc.Text(r.doc.Get(n, "value")), r.doc.Text(r.doc.Get(n, "system"))
			ok := true
			switch {
			case system == "phone":
				ok = phone.MatchString(value)
			case system == "email":
				ok = strings.HasSuffix(value, "@example.org")
			case system == "http://hl7.org/fhir/sid/us-npi":
				ok = strings.HasPrefix(value, "9")
			case r.doc.KeyIs(r.doc.Parent(n), "identifier"):
				ok = strings.HasPrefix(system, "https://clinic.example.org/")
			}
			if !ok {
				t.Errorf("%s has the %s %q", r.key(), system, value)
			}
		}
	}
}
