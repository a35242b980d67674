# One command for each task. Plain `make` lists them.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: help setup build test races demo app-demo fuzz soak bench bench-scanner coverage-page media-types lint format clean

# Tests of state that threads share, one target at a time: under the sanitizer each needs the resources of several. The
# scanner is not among them: the sanitizer needs more address space than its sandbox allows.
SHARING := SupportTests HTTPTests AWSTests LedgerTests IntakeTests TransferTests WorkerTests ReplayTests ListenerTests
RACES := --sanitize=thread -Xswiftc -DTHREAD_SANITIZER --scratch-path .build/races

SOURCES := Sources Tests Package.swift

help:  ## lists what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup:  ## installs what is missing: Debian packages (needs root), and the tests' tools in .venv
	@.ci/setup

build: setup  ## builds the release in .build/release
	swift build -c release --product lazaret
	swift build -c release --product lazaret-scanner

test: setup  ## runs all tests, unit to end-to-end, or ONLY=WorkerTests.JobRunnerTests; the build also checks who imports whom
	swift build --build-tests --explicit-target-dependency-import-check error
	swift test --skip-build $(if $(ONLY),--filter '^$(subst .,\.,$(ONLY))')

races: setup  ## runs the tests of shared state under the thread sanitizer; a report fails it
	swift build --build-tests $(RACES)
	@for tests in $(SHARING); do \
		swift test --skip-build $(RACES) --skip SpoolMemoryTests --filter "^$$tests\." || exit; done

demo: build  ## runs a local cloud and a worker, uploads samples, and shows each outcome
	@.venv/bin/python samples/demo/demo.py

app-demo: build  ## runs a local cloud, a worker and a web page to upload at, on PORT=8000, until Ctrl-C
	@.venv/bin/python samples/app/demo.py $(PORT)

fuzz: build  ## asks ordinary readers about CASES=20000 damaged containers (SEED=1), then SECONDS=60 of damaged packets a test
	@.ci/setup .ci/fuzz-packages
	.venv/bin/python Tests/Differential --cases $(or $(CASES),20000) --seed $(or $(SEED),1) $(if $(FORMS),--forms $(FORMS))
	swift build --build-tests
	LAZARET_FUZZ_SECONDS=$(or $(SECONDS),60) swift test --skip-build --no-parallel --filter FuzzTests

soak: setup  ## kills, faults, duplicates and overwrites in a fleet of three with PostgreSQL, for SECONDS=600
	swift build --build-tests
	LAZARET_SOAK_SECONDS=$(or $(SECONDS),600) swift test --skip-build --filter '^EndToEndTests\.Soak'

bench: build  ## measures what an object costs, beside a plain worker in Python, in one run
	@.venv/bin/python Benchmarks/bench.py $(OBJECTS) $(LARGE_MIB)

bench-scanner: build  ## measures the scanner's memory and times with a large set of signatures (root)
	@.venv/bin/python Benchmarks/scanner.py $(if $(ROWS),--rows $(ROWS))

coverage-page:  ## rewrites docs/COVERAGE.md from the table of forms
	LAZARET_WRITE_COVERAGE_PAGE=1 swift test --filter 'CoverageTests'

media-types:  ## rewrites the table of media types from Debian's shared-mime-info
	@.ci/media-types

lint:  ## checks the format, the sizes of files and functions, and that docs/ARCHITECTURE.md is complete
	swift format lint --strict --parallel --recursive $(SOURCES)
	@.ci/check-sources

format:  ## formats all Swift files
	swift format --in-place --parallel --recursive $(SOURCES)

clean:  ## removes build products; .venv stays
	rm -rf .build .demo
