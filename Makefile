# Everything one does with this project. `make` alone lists it.
#
# Needs python3 (3.11 or later) and make; npm brings the stand-ins for Slack and
# PostgREST. All else is installed under .venv and .testbed, and only when needed:
# the files .venv/.* and .testbed/.* remember what was installed last.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
NPM ?= npm
BIN := .venv/bin
TESTBED := .testbed
# Twice quiet: pip's warnings are about its own set-up; its errors still show.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
# A lock names every package, so nothing is left to resolve; and pip, asked to, would look
# at releases newer than the lock's, and refuse them for their missing hash.
LOCKED := install --no-deps --require-hashes --requirement
NPM_FLAGS := --ignore-scripts --no-audit --no-fund --loglevel=error
# Arguments for pytest, as in: make test ARGS="-k heartbeat"
ARGS ?=

FAST := not browser and not clickhouse and not postgrest and not slack
# The parts where every line and branch must be tested; the rest is reported.
COVERED := bot/action.py,bot/actions/*,bot/domain/*,bot/gate/*,bot/queries/*,bot/rules/*,bot/state/*,formatters/*

##@ Use it
.PHONY: help
help: ## list these targets
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

.PHONY: demo
demo: .venv/.demo $(TESTBED)/.demo ## install what the demo needs, and play an incident in a box
	@$(BIN)/debug-bot demo $(ARGS)

##@ Work on it
.PHONY: test
test: lint $(TESTBED)/.dev ## install what is needed, then lint and run all tests
	@echo "==> Running all tests"
	@$(BIN)/python -m pytest --cov --cov-report=term $(ARGS)
	@$(if $(strip $(ARGS)),:,$(BIN)/coverage report --include='$(COVERED)' \
	  --fail-under=100 >$(TESTBED)/coverage.txt \
	  || { cat $(TESTBED)/coverage.txt; echo "Every line of these parts needs a test."; exit 1; })

.PHONY: lint
lint: .venv/.dev ## look for mistakes without running anything
	@echo "==> Linting"
	@$(BIN)/ruff format --check --quiet --output-format=concise . || { echo "To mend it: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@found=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$found"; exit 1; }; echo "$$found" | grep '^Contracts:'
	@$(BIN)/interrogate --quiet tests || { $(BIN)/interrogate -vv tests; exit 1; }

.PHONY: format
format: .venv/.dev ## lay out the code, and mend what can be mended safely
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: check
check: lint ## lint, and the tests that need no counterpart
	@echo "==> Running the fast tests"
	@$(BIN)/python -m pytest -m '$(FAST)' $(ARGS)

.PHONY: bench
bench: .venv/.dev $(TESTBED)/.dev ## measure how fast answers come
	@$(BIN)/python -m tests.tools.bench $(ARGS)
	@$(BIN)/python -m tests.tools.flood
	@$(BIN)/python -m tests.tools.big_folder

.PHONY: evaluate
evaluate: .venv/.dev ## compare findings with incidents whose cause is known
	@$(BIN)/python -m tests.tools.evaluate $(ARGS)

.PHONY: lowest
lowest: $(TESTBED)/.dev .venv/.uv ## run all tests with the oldest dependencies we claim to work with
	@echo "==> Installing the oldest allowed dependencies"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(TESTBED)/lowest
	@VIRTUAL_ENV=$(TESTBED)/lowest $(BIN)/uv pip install --quiet --resolution lowest-direct \
	  --group dev --editable '.[demo]'
	@$(TESTBED)/lowest/bin/python -m pytest $(ARGS)

##@ Make what is generated
.PHONY: manifest
manifest: .venv/.dev ## write manifest.yml from the commands
	@$(BIN)/debug-bot manifest > manifest.yml.new
	@mv manifest.yml.new manifest.yml

.PHONY: schemas
schemas: .venv/.dev ## write each command's JSON Schema
	@$(BIN)/python -m tests.tools.schemas $(ARGS)

.PHONY: readme
readme: .venv/.dev ## write the README's tables of commands and settings
	@$(BIN)/python -m tests.tools.readme

.PHONY: cases
cases: .venv/.dev ## renew what the saved cases expect, and print what that changes
	@$(BIN)/python -m tests.tools.cases $(ARGS)

.PHONY: generated
generated: manifest schemas readme ## all of these

.PHONY: screenshots
screenshots: .venv/.dev $(TESTBED)/.dev ## take the documentation's pictures (needs Chromium)
	@$(BIN)/python -m tests.tools.screenshots $(ARGS)

# Versions stay as they are where they still fit; `make lock ARGS=--upgrade` takes the newest.
# The smaller sets are bound to the largest one's versions, so that one .venv serves all three.
LOCK = $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --quiet --custom-compile-command 'make lock'
.PHONY: lock
lock: .venv/.uv ## pin every dependency by version and hash
	@echo "==> Pinning dependencies"
	@$(LOCK) --extra demo --group dev --output-file requirements-dev.lock $(ARGS)
	@$(LOCK) --extra demo --group build --constraints requirements-dev.lock --output-file requirements-demo.lock
	@$(LOCK) --constraints requirements-dev.lock --output-file requirements.lock
	@$(NPM) install --prefix tests --package-lock-only --omit-lockfile-registry-resolved $(NPM_FLAGS) >/dev/null
	@if grep -nE '"resolved"' tests/package-lock.json \
	  || grep -nE '://|^ *--(find|extra|index)' requirements*.lock; then \
	  echo "A lock file names where packages came from; others get them elsewhere."; exit 1; fi

.PHONY: clean
clean: ## remove everything that was installed or generated here
	@rm -rf .venv $(TESTBED) build dist .coverage .coverage.* htmlcov manifest.yml.new \
	  .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find bot formatters tests -name __pycache__ -type d -prune -exec rm -rf {} +

# --- what gets installed, and when ---------------------------------------------

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed; for another one: make PYTHON=python3.12 ..."; exit 1; }
	@echo "==> Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.uv: | .venv/.python
	@$(PIP) install uv==0.13.9
	@touch $@

# Ourselves last and without dependencies: the lock names them all, hatchling too.
.venv/.demo: requirements-demo.lock pyproject.toml | .venv/.python
	@echo "==> Installing the demo's Python packages (about a minute)"
	@$(PIP) $(LOCKED) requirements-demo.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# The development set holds the demo's, so it settles both.
.venv/.dev: requirements-dev.lock pyproject.toml | .venv/.python
	@echo "==> Installing Python packages for development (about a minute)"
	@$(PIP) $(LOCKED) requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch .venv/.demo $@

# Without npm the rest still works: tests of counterparts are then skipped, and say so.
npm_parts = mkdir -p $(TESTBED); \
  if ! command -v $(NPM) >/dev/null; then \
    echo "npm was not found, so $(1) could not be installed: $(4)"; exit 0; fi; \
  echo "==> Installing $(1) from npm"; \
  cp tests/package.json tests/package-lock.json $(TESTBED)/; \
  $(NPM) ci --prefix $(TESTBED) $(NPM_FLAGS) $(2) >/dev/null; \
  touch $(3)

$(TESTBED)/.demo: tests/package.json tests/package-lock.json
	@$(call npm_parts,the stand-ins for Slack and PostgREST,--omit=dev,$@,the demo needs them)

$(TESTBED)/.dev: tests/package.json tests/package-lock.json
	@$(call npm_parts,the test counterparts,,$(TESTBED)/.demo $@,tests that need them are skipped)
