# Two commands do everything: `make run` starts the product, `make test` tests it. Both install what they need first.
# Every recipe is one `exec`, so that a signal sent to make reaches the program itself and not a shell in between.

.PHONY: help run test check format format-check lint types bench faults faults-exhaustive faults-mutants faults-processes translations lock clean
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
RUNS ?= 1000
FIRST_SEED ?= 1
JOBS ?= 2

help:  ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run:  ## Set up and start everything: web, worker, clock, Redis, sandbox and a demo shop.
	@exec .ci/bootstrap run

test:  ## Set up and run the whole test suite, on two cores.
	@exec .ci/bootstrap test

check: format-check lint types test  ## Check format, lint and types, then run the tests.

format: .venv  ## Format the code.
	@exec $(PYTHON) -m ruff format .

format-check: .venv
	@exec $(PYTHON) -m ruff format --check .

lint: .venv  ## Look for mistakes and style breaks.
	@exec $(PYTHON) -m ruff check .

types: .venv  ## Check the type hints.
	@exec $(PYTHON) -m mypy

bench: .venv  ## Measure the performance targets.
	@exec $(PYTHON) -m tests.bench

faults: .venv  ## Play RUNS random scripts of faults against the sandbox (RUNS=1000, from seed FIRST_SEED=1).
	@exec $(PYTHON) -m tests.faults run --runs $(RUNS) --first-seed $(FIRST_SEED) --jobs $(JOBS)

faults-exhaustive: .venv  ## Kill at every I/O point of a scenario, and at every pair of points.
	@exec $(PYTHON) -m tests.faults exhaustive --pairs --jobs $(JOBS)

faults-mutants: .venv  ## Plant bugs in the product; each must be caught within RUNS plays or its own scenario.
	@exec $(PYTHON) -m tests.faults mutants --runs $(RUNS) --jobs $(JOBS)

faults-processes: .venv  ## Kill, stop and cut off real processes; ARGS="--kills 500 --terms 100 --results FILE".
	@exec $(PYTHON) -m tests.faults.processes $(ARGS)

translations: .venv  ## Add new texts to the catalogues of English and German, and compile them.
	@exec .ci/translations

lock: .venv  ## Resolve the ranges of pyproject.toml into the two lock files.
	@exec .ci/bootstrap lock

clean:  ## Remove caches and the virtual environment; the data in var/ stays.
	@exec rm -rf .venv .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: .venv
.venv:
	@exec .ci/bootstrap install
