# From a bare checkout, with Python 3.10 or newer and make: `make demo`, `make test`, `make lint`.
# Each sets up what it needs in .venv, once.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10; do \
	$$p -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2>/dev/null && command -v $$p && break; done)
BIN := .venv/bin
JOBS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
PYTEST_ARGS ?=
DEMO := .venv/demo
SETUP := pyproject.toml constraints.txt

.PHONY: help demo test lint docs format clean
.DELETE_ON_ERROR:

help:
	@echo 'make demo    migrate a realistic program, show the diff, run both sides against each other'
	@echo 'make test    the whole test suite, in parallel (PYTEST_ARGS="-k name" for a part)'
	@echo 'make lint    ruff and mypy --strict'
	@echo 'make docs    the pages, into build/site; a broken link is an error'
	@echo 'make format  what ruff can put right by itself'
	@echo 'make clean   forget .venv and all caches'

.venv/created:
	$(if $(PYTHON),,$(error tfmigrate needs Python 3.10 to 3.13; name one with make PYTHON=...))
	$(PYTHON) -m venv .venv
	@touch $@

.venv/run: .venv/created $(SETUP)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e '.[check]'
	@touch $@

.venv/dev: .venv/created $(SETUP)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e '.[check,cluster,dev,docs]'
	@touch .venv/run .venv/docs $@

# status 1 means changes (plan, diff) or findings (apply), not a failure
demo: .venv/run
	@rm -rf $(DEMO)
	@echo '--- the plan' && { $(BIN)/tfmigrate plan fixtures/demo/before || [ $$? -eq 1 ]; }
	@echo '--- the diff' && { $(BIN)/tfmigrate diff fixtures/demo/before || [ $$? -eq 1 ]; }
	@echo '--- apply, into a copy: $(DEMO)' && { $(BIN)/tfmigrate apply fixtures/demo/before --out $(DEMO) || [ $$? -eq 1 ]; }
	@echo '--- both sides run against each other' && $(BIN)/tfmigrate check fixtures/demo/before $(DEMO)

test: .venv/dev
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(PYTEST_ARGS)

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.venv/docs: .venv/created $(SETUP)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $@

docs: .venv/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info build dist
