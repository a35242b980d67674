# What a person does here, each by one command. Plain `make` lists them.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: help setup build test races demo fuzz soak bench bench-scanner lint format clean

# Tests that keep processors and threads busy for long run by themselves, since beside them others would wait out their time; so
# do those that measure what memory their process takes.
ALONE := ScanningTests SandboxTests InspectionTests UnpackingTests TransferTests FuzzTests

# So many tests at a time: all at once, each would wait out its time for the others. Most of them wait themselves, for programs.
ATONCE := --experimental-maximum-parallelization-width 6

# Tests of what several threads share, one suite after the other: under the sanitizer each takes what several take without. The scanner
# is not among them: the sanitizer needs more address space than its sandbox gives.
SHARING := SupportTests HTTPTests AWSTests LedgerTests IntakeTests TransferTests WorkerTests ReplayTests ListenerTests
RACES := --sanitize=thread -Xswiftc -DTHREAD_SANITIZER --scratch-path .build/races

SOURCES := Sources Tests Package.swift

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup:  ## install what is missing: Debian packages (needs root), and the tests' tools in .venv
	@.ci/setup

build: setup  ## the release, in .build/release
	swift build -c release

test: setup  ## all tests, unit to end-to-end; the build also checks who imports whom
	swift build --build-tests --explicit-target-dependency-import-check error
	swift test --skip-build $(ATONCE) --skip '^($(subst $() ,|,$(ALONE)))\.'
	@for tests in $(ALONE); do swift test --skip-build $(ATONCE) --filter "^$$tests\." || exit; done

races: setup  ## the thread sanitizer over the tests whose code shares state; a report fails it
	swift build --build-tests $(RACES)
	@for tests in $(SHARING); do \
		swift test --skip-build $(ATONCE) $(RACES) --skip SpoolMemoryTests --filter "^$$tests\." || exit; done

demo: build  ## a local cloud, a worker, some uploads, and what became of each
	@.venv/bin/python samples/demo/demo.py

fuzz:  ## random and damaged packets at both ends of the scanner's sockets, SECONDS=60 for each of six tests
	swift build --build-tests
	LAZARET_FUZZ_SECONDS=$(or $(SECONDS),60) swift test --skip-build --no-parallel --filter FuzzTests

soak: setup  ## kills, faults, duplicates and overwrites over a fleet of three with PostgreSQL, for SECONDS=600
	swift build --build-tests
	LAZARET_SOAK_SECONDS=$(or $(SECONDS),600) swift test --skip-build --filter '^EndToEndTests\.Soak'

bench: build  ## what an object costs, beside a plain worker in Python, in one run
	@.venv/bin/python Benchmarks/bench.py $(OBJECTS) $(LARGE_MIB)

bench-scanner: build  ## the scanner's memory and times with a large set of signatures (root)
	@.venv/bin/python Benchmarks/scanner.py $(if $(ROWS),--rows $(ROWS))

lint:  ## is the format right?
	swift format lint --strict --parallel --recursive $(SOURCES)

format:  ## make it so
	swift format --in-place --parallel --recursive $(SOURCES)

clean:  ## remove what was built; .venv stays
	rm -rf .build .demo
