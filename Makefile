# make run     serve a made-up clinic on http://127.0.0.1:8080
# make test    all tests of the repository
# What else there is: race conformance bench screenshots lint verify generate build

SHARED ?= ../shared
ADDR   ?= 127.0.0.1:8080
DATA   ?= ./data

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
LDFLAGS := -X github.com/webdoctor/webdoctor/cmd.version=$(VERSION) -X github.com/webdoctor/webdoctor/cmd.commit=$(COMMIT)

# Tools of development, pinned here and not in go.mod: the product does not
# depend on them.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0

.DEFAULT_GOAL := build
.PHONY: run build test race conformance bench screenshots lint verify generate needs test-needs

run: needs build
	./bin/webdoctor serve --demo --addr $(ADDR) --data $(DATA)

build:
	go build -ldflags '$(LDFLAGS)' -o bin/webdoctor .

# A configured database needs no programmes of PostgreSQL here.
needs:
	@if [ -z "$$DATABASE_URL$$DATABASE_NAME$$PGHOST" ]; then .ci/install postgres; fi

test-needs:
	@.ci/install postgres redis curl chromium

test: test-needs
	go test -timeout 15m ./...

race: test-needs
	@.ci/install cc
	go test -race -timeout 40m ./...

# FULL=1 runs all of the data sets; without it a sample of the long ones.
conformance: test-needs build
	@.ci/install node
	WEBDOCTOR_SHARED=$(abspath $(SHARED)) go test -tags conformance ./fhir/validate ./fhir/profile ./fhir/terminology ./fhir/path ./fhir/patch
	go run ./cmd/conformance -shared $(SHARED) -binary bin/webdoctor $(if $(FULL),-full) $(if $(ONLY),-only $(ONLY))

# BENCH are arguments of the bench programme, see docs/bench.md.
bench: needs build
	go run ./bench $(BENCH)

# Pictures of every page in every state: two widths, light and dark, several
# languages.
screenshots:
	@.ci/install chromium
	mkdir -p bin/screenshots
	go test ./portal -run TestLayout -screenshots $(abspath bin/screenshots)

lint:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt wants: $$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...

generate:
	go generate ./...

# Generated files are what their generators make of their sources: running
# them changes nothing.
verify:
	@before=$$(git ls-files -s; git ls-files -o --exclude-standard; git diff | git hash-object --stdin); \
	$(MAKE) --no-print-directory generate || exit 1; \
	after=$$(git ls-files -s; git ls-files -o --exclude-standard; git diff | git hash-object --stdin); \
	if [ "$$before" != "$$after" ]; then echo "generated files were not up to date:"; git status --short; exit 1; fi; \
	echo "generated files are up to date"
