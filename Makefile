# One command for each task. Plain `make` lists them.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: help setup build test races demo app-demo fuzz honest-files soak bench bench-compare bench-ledger bench-scale \
	bench-memory bench-scanner worst-times \
	coverage-page media-types lint format clean deploy-setup static image image-test deb deploy-test

# Tests of state that threads share, one target at a time: under the sanitizer each needs the resources of several. The
# scanner is not among them: the sanitizer needs more address space than its sandbox allows.
SHARING := SupportTests HTTPTests AWSTests LedgerTests IntakeTests TransferTests WorkerTests ReplayTests ListenerTests
RACES := --sanitize=thread -Xswiftc -DTHREAD_SANITIZER --scratch-path .build/races

SOURCES := Sources Tests Package.swift

# What `lazaret --version` prints beside the version; empty outside a clone.
COMMIT := $(shell git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null)
build static: export LAZARET_COMMIT := $(or $(COMMIT),unknown)

# Programs that need nothing of Swift where they run.
STATIC := -c release --static-swift-stdlib --scratch-path .build/static

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

fuzz: build  ## asks ordinary readers about CASES=20000 damaged containers (SEED=1); SECONDS=60 of damaged packets a test; SIGNATURES=50 random sets, filtered and not
	@.ci/setup .ci/fuzz-packages
	.venv/bin/python Tests/Differential --cases $(or $(CASES),20000) --seed $(or $(SEED),1) $(if $(FORMS),--forms $(FORMS))
	swift build --build-tests
	LAZARET_FUZZ_SECONDS=$(or $(SECONDS),60) swift test --skip-build --no-parallel --filter FuzzTests
	LAZARET_MATCHING_SEEDS=$(or $(SIGNATURES),50) swift test --skip-build --no-parallel --filter MatchingDifferenceTests

honest-files: build  ## scans the honest files of a folder, DIR=…, as browsers declare them, and sums up what is not clean
	@.venv/bin/python Tests/Differential/honest.py $(DIR) .build/honest-files.tsv

soak: setup  ## kills, faults, duplicates and overwrites in a fleet of three with PostgreSQL, for SECONDS=600
	swift build --build-tests
	LAZARET_SOAK_SECONDS=$(or $(SECONDS),600) swift test --skip-build --filter '^EndToEndTests\.Soak'

bench: build  ## measures what an object costs, beside a plain worker in Python, in one run
	@.venv/bin/python Benchmarks/bench.py $(OBJECTS) $(LARGE_MIB)

bench-compare: build  ## measures Lazaret beside the scan engine alone and beside a usual worker, with a large set of signatures
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement Benchmarks/requirements.txt
	@.venv/bin/python Benchmarks/compare $(if $(CORPORA),--corpora $(CORPORA)) \
		$(if $(MATCHING),--matching $(MATCHING)) $(if $(ROWS),--rows $(ROWS))

bench-ledger: setup  ## measures the ledger in jobs a second, and what its chain costs four workers on PostgreSQL, with JOBS=4000
	swift build --build-tests
	LAZARET_LEDGER_JOBS=$(or $(JOBS),4000) swift test --skip-build --no-parallel --filter LedgerSpeedTests

bench-scale: build  ## measures how much faster 1, 2 and 4 workers empty a queue whose scans take a known time
	swift build --product HostileScanner
	@.venv/bin/python Benchmarks/scale.py

bench-memory: build  ## measures the worker's memory over 16 objects of 512 MiB, 16 at a time
	@.venv/bin/python Benchmarks/memory.py

bench-scanner: build  ## measures the scanner's memory and times with a large set of signatures (root)
	@.venv/bin/python Benchmarks/scanner.py $(if $(ROWS),--rows $(ROWS))

worst-times: build  ## searches CASES=420 small hostile files (SEED=1) for those that take the scanner longest, for SECONDS=1200
	@python3 Benchmarks/worst.py --cases $(or $(CASES),420) --seed $(or $(SEED),1) --seconds $(or $(SECONDS),1200)

coverage-page:  ## rewrites docs/COVERAGE.md from the table of forms
	LAZARET_WRITE_COVERAGE_PAGE=1 swift test --filter 'CoverageTests'

media-types:  ## rewrites the table of media types from Debian's shared-mime-info
	@.ci/media-types

lint:  ## checks the format, the sizes of files and functions, and that docs/ARCHITECTURE.md is complete
	swift format lint --strict --parallel --recursive $(SOURCES)
	@.ci/check-sources

format:  ## formats all Swift files
	swift format --in-place --parallel --recursive $(SOURCES)

deploy-setup: setup  ## installs what is missing for the image, the package and their tests
	@deploy/setup

static: setup  ## builds the programs of the image and the package in .build/static
	swift build $(STATIC) --product lazaret
	swift build $(STATIC) --product lazaret-scanner

image: static deploy-setup  ## makes the container image in .build/image (root)
	@deploy/image/build

image-test: image  ## starts the image with runc in seven settings, and settles uploads in each (root)
	@deploy/test/image

deb: static deploy-setup  ## makes the Debian package in .build/deb
	@deploy/debian/build

deploy-test: image deb  ## runs every test of deploy/test, or ONLY="image package" (root)
	@for test in $(or $(ONLY),$(notdir $(shell find deploy/test -maxdepth 1 -type f -executable | sort))); do \
		echo "$$test:"; deploy/test/$$test || exit; done

clean:  ## removes build products; .venv stays
	rm -rf .build .demo
