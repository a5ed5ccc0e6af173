# What a person types. Each target says what it needs when something is missing.
#
#   make build   target/release/showrun, with the browser interface when npm is there
#   make demo    simulated devices and a server that collects from them (DEMO_ONCE=1: end after the results)
#   make test    behaviour, at small sizes; ends with one line: N passed, N failed, N skipped
#   make lint    formatting, clippy, Biome, TypeScript
#   make clients  TypeScript and Python clients of the API, into clients/
#   make screenshots  pictures of every page, into docs/screenshots
#   make bench   figures, against a floor        make soak   repetition and volume
#
# CARGO_TARGET_DIR, CARGO and NPM may be set.

SHELL := /bin/bash
CARGO ?= cargo
NPM ?= npm
export CARGO NPM

.DEFAULT_GOAL := build
.PHONY: build binary frontend templates clients screenshots demo test lint bench soak clean

build: frontend templates binary

binary:
	$(CARGO) build --locked --release --bin showrun

frontend:
	@scripts/build-frontend

templates:
	@scripts/fetch-templates

clients:
	@scripts/clients

screenshots: frontend templates
	$(CARGO) build --locked --release --bin showrun --bin showrun-lab
	@node frontend/scripts/screenshots.mjs

demo: frontend templates binary
	@$(CARGO) run --quiet --locked --release --bin showrun -- demo

test:
	@scripts/test

lint:
	@scripts/lint

bench:
	@scripts/bench

soak:
	@scripts/soak

clean:
	$(CARGO) clean
	rm -rf frontend/dist frontend/node_modules clients
