# Formwandel. `make` alone lists what can be made; every variable can be given: make fuzz FUZZTIME=5m

VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BIN        ?= bin/formwandel
GO         ?= go
PKG        ?= ./...
TESTFLAGS  ?= -count=1 -shuffle=on -timeout=40m
# SQLite without cgo is slow under the race detector; these two go through the whole store as well.
RACE       ?= ./mailer/... ./handlers/...
# Those try thousands of inputs on the same few ways, or wait for other people's tools; the race detector learns nothing from the second.
RACESKIP   ?= TestMalformed|TestWordsStayWords|TestEchoesAreWords|TestNoWayLeadsOut|TestNeighbours|TestEveryForm|TestEveryAnswer|TestHostile|TestMassAssignment|TestColumnsInForms|TestSQLPayloads|TestEveryRouteAsksTheTable|TestNoBirdFliesOver|TestTheLogHoldsNothing|TestNoOtherWayIn|TestWrongTypes|TestTimeTells|TestPagesOffer|TestSecretsStand|TestAddressesHold|TestLinkTricks|TestFactorsAreReset|TestRequirementIs|TestRecoveryCodes|TestALongHistory|TestForeignLooks|TestArchivesThatSwell|TestNoMailLooksLikeSpam|TestNoSpreadsheetCalculates|TestClamAVFindsEICAR
FUZZTIME   ?= 30s
FRESH      ?=
BENCH      ?= .
BENCHFLAGS ?= -benchtime=1x -timeout=30m
VULNDB     ?=
# Where the chance of the abuse suite begins, and what its report says about itself.
SEED       ?= $(shell date +%s)
MACHINE    ?= $(shell nproc) processors, $(shell uname -sm)

# The demonstration writes to the team's mailbox of its own set of accounts.
FORMWANDEL_TEAM_MAIL ?= antragsmanagement@kisa.example

# Tools are built from pinned sources into .tools, once for each version.
TOOLS         := .tools
GOLANGCI_LINT := $(TOOLS)/golangci-lint-v2.15.0
GOVULNCHECK   := $(TOOLS)/govulncheck-v1.9.0

.DEFAULT_GOAL := help
.PHONY: help build run sbom reproducible clean screenshots test abuse race check cover bench fuzz assets generate format format-check vet lint arrows generated vuln need-go need-postgres need-chromium need-scanners

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##
## using it

build: need-go assets ## build the program: bin/formwandel, static, without cgo
	@[ -x $(BIN) ] || echo 'building $(BIN): the first time takes a minute or two'
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $(BIN) ./app

run: build ## build, fill ./data with demo data, serve on http://127.0.0.1:8080
	@export FORMWANDEL_TEAM_MAIL='$(FORMWANDEL_TEAM_MAIL)' && $(BIN) seed && exec $(BIN) serve

sbom: need-go ## list what is in the program: bin/formwandel.cdx.json (CycloneDX)
	@mkdir -p bin && $(GO) run docs/sbom.go '$(VERSION)' > bin/formwandel.cdx.json.new && mv bin/formwandel.cdx.json.new bin/formwandel.cdx.json

reproducible: need-go assets ## build in two folders and compare: the same sources give the same program; FRESH=1 compiles everything twice
	@$(call with-temp,sh -c 'for n in one two-with-a-longer-name; do \
		if [ -n "$(FRESH)" ]; then export GOCACHE="$$TMPDIR/$$n-cache"; fi; \
		mkdir "$$TMPDIR/$$n" && tar -c --exclude=./.git --exclude=./.tools --exclude=./bin --exclude=./data --exclude=./node_modules . | tar -x -C "$$TMPDIR/$$n" \
		&& (cd "$$TMPDIR/$$n" && CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)" -o formwandel ./app) || exit 1; done; \
		sha256sum "$$TMPDIR"/*/formwandel && cmp "$$TMPDIR"/*/formwandel')

clean: ## remove what was built (not ./data)
	@rm -rf bin $(TOOLS) coverage.out coverage.html

assets: templates/static/kern/kern.min.css ## fetch the design system that is embedded into the program (npm)

##
## working on it

test: need-go need-postgres need-chromium need-scanners assets ## run every test, on SQLite and on a throwaway PostgreSQL
	@$(call with-temp,$(GO) test $(TESTFLAGS) $(PKG))

abuse: SCANNERS := needed
abuse: need-go need-postgres need-chromium need-scanners assets ## the whole abuse suite, an hour and a half; writes docs/abuse.md
	@$(call with-temp,$(GO) run ./models/modelstest/scorecard -go '$(GO)' -seed '$(SEED)' -date "$$(date +%F)" -machine '$(MACHINE)')

race: need-go need-postgres assets ## the tests of RACE with the race detector (needs gcc)
	@$(call with-temp,$(GO) test -race $(TESTFLAGS) -skip '$(RACESKIP)' $(RACE))

check: format-check vet lint generated arrows vuln ## everything CI asks for beside the tests

cover: need-go need-postgres ## how much of the code the tests run: coverage.html
	@$(call with-temp,$(GO) test -count=1 -coverprofile=coverage.out -coverpkg=./app$(comma)./handlers/...$(comma)./mailer/...$(comma)./models/...$(comma)./templates/... ./app ./handlers/... ./mailer/... ./models/... ./templates/...)
	@$(GO) tool cover -html=coverage.out -o coverage.html
	@$(GO) tool cover -func=coverage.out | tail -1

bench: need-go need-postgres ## measure; BENCH=name picks one
	@$(call with-temp,$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem $(BENCHFLAGS) $$(grep -rl --include='*_test.go' '^func Benchmark' . | xargs -n1 dirname | sort -u))

fuzz: need-go ## feed nonsense to each parser for FUZZTIME
	@grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sed 's|/[^/]*:func | |' | while read -r dir target; do \
		echo "$$dir $$target" && $(GO) test "$$dir" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) </dev/null || exit 1; \
	done

generate: need-go need-postgres ## write generated files anew: workflow, matrix, mails, licences. Then read the difference
	@$(call with-temp,$(GO) test ./models -count=1 -run 'Workflow|Matrix|Mails|RightsDocument' -update >/dev/null)
	@$(GO) test ./templates -count=1 -update-mails >/dev/null
	@sh docs/licences.sh > docs/licences.md.new && mv docs/licences.md.new docs/licences.md

screenshots: need-go need-chromium assets ## take the README's pictures anew from the running demonstration
	@mkdir -p docs/screenshots
	@FORMWANDEL_TEST_SCREENSHOTS=$(abspath docs/screenshots) $(GO) test ./e2e -count=1 -run TestScreenshots >/dev/null
	@chmod 0644 docs/screenshots/*.png && ls docs/screenshots

format: need-go ## lay out the code as gofmt does
	@gofmt -s -w $$($(GO) list -f '{{.Dir}}' ./...)

##
## parts of check

format-check: need-go
	@echo "== format"
	@out=$$(gofmt -s -l $$($(GO) list -f '{{.Dir}}' ./...)) && [ -z "$$out" ] || { echo "$$out"; echo 'not laid out by gofmt: make format'; exit 1; }

vet: need-go assets
	@echo "== vet" && $(GO) vet ./...

lint: $(GOLANGCI_LINT) assets ## linters; staticcheck and gosec are among them
	@echo "== lint" && $(GOLANGCI_LINT) run

arrows: need-go assets ## who may know whom, forbidden names, settings in the README
	@echo "== arrows" && $(GO) test ./app -count=1 -run 'TestArrows|TestForbiddenNames|TestNothingLeftToDo|TestEverySettingIsDocumented|TestSQLIsConstant|TestBillOfMaterials'

generated: need-go ## generated files are those that would be generated now
	@echo "== generated"
	@$(GO) mod tidy -diff
	@sh docs/licences.sh | diff -u docs/licences.md - || { echo 'docs/licences.md is out of date: make generate'; exit 1; }
	@cmp docs/assistant.schema.json models/definition/assistant.schema.json

vuln: $(GOVULNCHECK) ## known vulnerabilities in what the code calls; VULNDB=folder of an unpacked database
	@echo "== vuln"
	@if [ -n '$(filter-out none,$(VULNDB))' ]; then $(GOVULNCHECK) -db 'file://$(abspath $(VULNDB))' ./...; \
	elif [ "$$CI" = true ] && [ '$(VULNDB)' != none ]; then echo 'CI gives no vulnerability database: VULNDB=folder, or VULNDB=none if it has none'; exit 1; \
	else echo 'skipped: give VULNDB=folder (an unpacked copy of the Go vulnerability database), or run: $(GOVULNCHECK) ./...'; fi

##
## what the others need

comma := ,

# with-temp runs a command with a temporary folder of its own that is gone
# afterwards, throwaway PostgreSQL clusters and all. Another user (postgres) has to reach into it.
define with-temp
tmp=$$(mktemp -d "$${TMPDIR:-/tmp}/fw.XXXXXX") && chmod 0711 "$$tmp" || exit 1; \
gone() { for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$$tmp" 2>/dev/null && return; sleep 1; done; echo "left behind: $$tmp"; }; \
trap gone EXIT; trap 'exit 130' INT TERM; \
TMPDIR="$$tmp" $(1)
endef

# The design system comes from npm, pinned by package-lock.json, and goes into the program unmodified.
templates/static/kern/kern.min.css: package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing: install Node.js 20 or later (apt-get install npm).'; exit 1; }
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@rm -rf $(@D) && mkdir -p $(@D)/fonts && cd node_modules/@kern-ux/native && cp LICENSE.md dist/kern.min.css $(abspath $(@D))/ \
		&& cp dist/fonts/fira-sans/FiraSans-Regular.woff2 dist/fonts/fira-sans/FiraSans-Medium.woff2 dist/fonts/fira-sans/FiraSans-SemiBold.woff2 $(abspath $(@D))/fonts/
	@touch $@

need-go:
	@command -v $(GO) >/dev/null || { echo 'Go is missing: install version 1.26 or later (https://go.dev/dl).'; exit 1; }

# The tests start a PostgreSQL of their own; only its programs are needed, no running service.
need-postgres:
	@if [ -z "$$FORMWANDEL_TEST_POSTGRES" ] && ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo 'installing the PostgreSQL server for the tests' && apt-get update -qq </dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends postgresql </dev/null >/dev/null; \
		else echo 'The tests need the PostgreSQL server: apt-get install postgresql, or FORMWANDEL_TEST_POSTGRES=postgres://user@host/name of one that may create databases.'; exit 1; fi; \
	fi

# The stories are told in Debian's Chromium.
need-chromium:
	@if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo 'installing Chromium for the tests' && apt-get update -qq </dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium fonts-liberation </dev/null >/dev/null; \
		else echo 'The tests need Chromium: apt-get install chromium.'; exit 1; fi; \
	fi

# Other people's tools try the program, too. CI and the whole abuse suite need them; other runs go on without, and those tests are skipped.
need-scanners:
	@missing=; for p in sqlmap:sqlmap wapiti:wapiti spamassassin:spamassassin soffice:libreoffice-calc-nogui clamd:clamav-daemon; do \
		command -v "$${p%%:*}" >/dev/null || [ -x "/usr/sbin/$${p%%:*}" ] || missing="$$missing $${p##*:}"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing$$missing for the tests" && apt-get update -qq </dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing </dev/null >/dev/null && exit 0; \
	fi; \
	if [ "$$CI" = true ] || [ '$(SCANNERS)' = needed ]; then echo "The tests need other people's tools: apt-get install$$missing"; exit 1; \
	else echo "Tests that need other people's tools will be skipped: apt-get install$$missing"; fi

$(GOLANGCI_LINT): | need-go
	@echo 'building golangci-lint (once, a few minutes)'
	@GOBIN=$(abspath $(TOOLS)) GOFLAGS= $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 && mv $(TOOLS)/golangci-lint $@

$(GOVULNCHECK): | need-go
	@echo 'building govulncheck (once)'
	@GOBIN=$(abspath $(TOOLS)) GOFLAGS= $(GO) install golang.org/x/vuln/cmd/govulncheck@v1.9.0 && mv $(TOOLS)/govulncheck $@
