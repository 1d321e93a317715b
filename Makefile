# A fresh machine needs only Python 3.11 to 3.13, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Each file marks a finished installation: what `make run` needs, and what development adds
READY := $(VENV)/.ready
DEV_READY := $(VENV)/.ready-dev
# The requirements name every package with its hash, so pip resolves nothing (--no-deps)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes \
  --no-annotate --no-header --no-emit-index-url --quiet
# Two processes; tests/conftest.py says which tests must share one
TWO := -n 2 --dist loadfile
# The stage that draws the synthetic films
PHANTOM := tasks/core/phantom/dvc.yaml
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS := 1

.DEFAULT_GOAL := help
.PHONY: help repository run phantom dev test test-all lint fmt bench verify results graph lock clean

help:  ## print this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: repository $(READY)  ## go from the films to the report; run each stage that is not up to date
	@if grep -qE '^  source: data/phantom(/| |$$)' params.yaml; then dvc repro $(PHANTOM); fi
	@python -m tasks.ingest.check
	@dvc repro
	@python -m tasks.report.headline

phantom: repository $(READY)  ## write the synthetic films to data/phantom/
	@dvc repro $(PHANTOM)

dev: $(DEV_READY)  ## install what tests, lint, benchmarks and a Dask cluster need

test: $(DEV_READY) lint  ## run lint and all tests except the slow ones
	python -m pytest $(TWO) -m "not slow" --durations=25

test-all: $(DEV_READY) lint  ## run lint and all tests
	python -m pytest $(TWO)

lint: $(DEV_READY)  ## run ruff (lint and format) and mypy
	ruff check .
	ruff format --check .
	mypy

fmt: $(DEV_READY)  ## format the code and fix what ruff can fix
	ruff check --fix .
	ruff format .

bench: $(DEV_READY)  ## measure speed; write reports/benchmarks.json and its page
	python -m tests.benchmarks

verify: repository $(READY)  ## run twice, in two unlike clones: all bytes must be equal
	python -m flows.repeatability

results: $(READY)  ## write the table of results in README.md from reports/results/
	python -m tasks.report.readme_results

graph: $(DEV_READY)  ## write the table of imports in tasks/__init__.py
	python -m tests.contract.import_table

lock:  ## write the requirements files from pyproject.toml (needs uv)
	all=$$(mktemp) && \
	  $(LOCK) pyproject.toml --all-extras --group dev --upgrade -o $$all && \
	  $(LOCK) pyproject.toml --extra pipeline -c $$all --upgrade -o requirements.txt && \
	  $(LOCK) pyproject.toml --extra screen -c $$all --upgrade -o requirements-screen.txt && \
	  $(LOCK) pyproject.toml --extra dicom -c $$all --upgrade -o requirements-dicom.txt && \
	  $(LOCK) --group dev -c $$all --upgrade -o requirements-dev.txt && rm $$all

clean: repository $(READY)  ## remove what the stages wrote; raw data, DVC's cache and .venv stay
	@python -m flows.clean

repository:
	@git rev-parse --git-dir >/dev/null || { echo "ERROR: DVC needs a git repository, and this" \
	  "folder is in none. Next: git init && git add --all && git commit -m Lungline, or clone" \
	  "the repository" >&2; exit 1; }
	@[ -d .dvc ] || { echo "ERROR: DVC needs the folder .dvc of the repository, and it is not" \
	  "here. Next: git checkout .dvc" >&2; exit 1; }

$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else \
	  f"Lungline needs Python 3.11 to 3.13; found {v[0]}.{v[1]}. Next: make PYTHON=/path/to/python3.11")'
	@echo "Installing $$(grep -c == requirements.txt) pinned packages into $(VENV): a few minutes the first time"
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) -r requirements.txt
	@$(BIN)/python -m pip --disable-pip-version-check check
	@touch $@

$(DEV_READY): requirements-dev.txt $(READY)
	@echo "Adding the packages of requirements-dev.txt to $(VENV): a few minutes the first time"
	@$(INSTALL) -r requirements-dev.txt
	@$(BIN)/python -m pip --disable-pip-version-check check
	@touch $@
