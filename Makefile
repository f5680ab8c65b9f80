# Everything a newcomer types. `make run` and `make test` set up what they need on a fresh Debian with Go.

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
DATA     ?= ./data
FUZZTIME ?= 60s
SOAKTIME ?= 30m
ACCEPT   ?= ../shared/accept/seeds.py

# What is shipped, checked and measured is built alike, so that all of it shares one build cache. The race detector needs cgo.
PLAIN = CGO_ENABLED=0 GOFLAGS='$(GOFLAGS) -trimpath -buildvcs=false'
GO    = $(PLAIN) go
TOOLS = $(CURDIR)/.cache/tools

.PHONY: build run test lint race console screenshots figures bench fuzz soak seeds clean

build: web/dist/index.html ## bin/muster, with the console in it
	$(GO) build -ldflags '-s -w -X main.version=$(VERSION)' -o bin/muster ./cmd/muster

run: build ## serve on ./data
	bin/muster serve --data $(DATA)

test: lint race console ## everything that must hold: format, vet, staticcheck, walls, race tests, conformance, the console

lint: tools/go.sum
	$(GO) build -C tools -o $(TOOLS)/ tool
	@unformatted=$$($(TOOLS)/gofumpt -l .); [ -z "$$unformatted" ] || { echo "run gofumpt -w on:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags ackbeforecommit ./internal/telemetry
	$(PLAIN) $(TOOLS)/staticcheck ./...

# SQLite is translated from C and shares its memory with nobody. Checking each of its accesses takes ten times as long as all else.
UNCHECKED = -gcflags='modernc.org/...=-race=false'

# MUSTER_TOOLS=1: a test that needs one of these programs fails where it is missing, and never skips.
race:
	scripts/need gcc=gcc /usr/include/stdlib.h=libc6-dev curl=curl openssl=openssl mosquitto_pub=mosquitto-clients coap-client-notls=libcoap3-bin \
	  coap-client-openssl=libcoap3-bin /usr/bin/python3=python3 /usr/lib/python3/dist-packages/paho=python3-paho-mqtt
	MUSTER_TOOLS=1 CGO_ENABLED=1 go test -race $(UNCHECKED) -vet=off -timeout 15m -parallel 4 ./...

# The console speaks the API that the source says: its types are made of the document that the source makes.
web/openapi.json: $(wildcard *.go internal/admin/*.go cmd/muster/openapi.go)
	$(GO) run ./cmd/muster openapi >$@

web/node_modules/installed: web/package-lock.json
	scripts/need node=nodejs npm=npm
	cd web && npm ci && touch node_modules/installed

web/dist/index.html: web/openapi.json web/node_modules/installed $(wildcard web/*.ts web/*.html web/*.json) $(shell find web/src web/public -type f)
	cd web && npm run --silent build

console: build ## the console: its own tests, its size, and every page in Chromium against the real server
	scripts/need /usr/bin/chromium=chromium mosquitto_sub=mosquitto-clients openssl=openssl
	cd web && npm test && npm run e2e

screenshots: build ## every page of the console, light and dark, wide and on a phone, as PNG under .cache/screenshots, and those of the README
	scripts/need /usr/bin/chromium=chromium
	cd web && npm run screenshots

figures: build ## what the console takes of a browser: the first paint, a long list that is scrolled, and the overview while much is reported
	scripts/need /usr/bin/chromium=chromium
	cd web && npm run figures

bench: build ## figures beside their anchors, from one run
	scripts/need mosquitto=mosquitto
	$(GO) run ./bench

fuzz: ## every fuzz target, FUZZTIME each
	scripts/fuzz $(FUZZTIME)

soak: ## devices that come, go, join, report and fight, on a disk that fails, for SOAKTIME: nothing is lost, nothing grows
	MUSTER_SOAK=$(SOAKTIME) $(GO) test -count=1 -timeout 0 -run TestASoak -v ./internal/conformance

seeds: build ## the seed documents' own scripts against a fresh server
	@if [ ! -f $(ACCEPT) ]; then echo "no $(ACCEPT): nothing to run"; exit 0; fi; \
	scripts/need mosquitto_pub=mosquitto-clients coap-client-notls=libcoap3-bin openssl=openssl \
	  /usr/bin/python3=python3 /usr/lib/python3/dist-packages/paho=python3-paho-mqtt \
	  /usr/lib/python3/dist-packages/requests=python3-requests /usr/lib/python3/dist-packages/cryptography=python3-cryptography \
	  /usr/lib/python3/dist-packages/jwt=python3-jwt /usr/lib/python3/dist-packages/Cryptodome=python3-pycryptodome && \
	/usr/bin/python3 $(ACCEPT) bin/muster

clean:
	rm -rf bin .cache web/node_modules web/dist/assets web/dist/index.html web/dist/.vite web/openapi.json web/src/api/schema.ts
