# The only set-up a fresh machine needs: Python 3.11 to 3.13, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Two processes; tests/conftest.py says which tests must share one
TWO := -n 2 --dist loadfile --no-loadscope-reorder
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS := 1

.DEFAULT_GOAL := help
.PHONY: help run check-source phantom test test-all lint fmt bench results lock clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(READY)  ## from the films to the report: every stage that is not up to date
	@if grep -qE '^  source: data/phantom/kaggle( |$$)' params.yaml; then python -m tasks.core.phantom; fi
	@python -m tasks.ingest.check
	@dvc repro
	@python -m tasks.report.headline

phantom: $(READY)  ## write the synthetic films to data/phantom/
	@python -m tasks.core.phantom

test: $(READY) lint  ## lint, then all tests but the slow ones
	python -m pytest $(TWO) -m "not slow"

test-all: $(READY) lint  ## lint, then all tests
	python -m pytest $(TWO)

lint: $(READY)  ## ruff (lint and format) and mypy
	ruff check .
	ruff format --check .
	mypy

fmt: $(READY)  ## format the code and mend what ruff can mend
	ruff check --fix .
	ruff format .

bench: $(READY)  ## measure the promises about speed; writes reports/benchmarks.json
	python -m tests.benchmarks

results: $(READY)  ## write the README's table of results from reports/results/
	python -m tasks.report.readme_results

lock: $(READY)  ## resolve pyproject.toml anew into requirements.txt (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --no-emit-index-url --upgrade -o requirements.txt

clean:  ## remove every artifact; the DVC cache, raw data and the environment stay
	rm -rf data/manifest.parquet data/pairs.parquet data/thumbnails data/samples.parquet data/excluded.parquet data/images data/.images.* data/models \
	  data/predictions data/summaries reports/*.html reports/validation.json reports/resize.* \
	  reports/*/explanations

# Every version and hash is in requirements.txt, so pip has nothing to resolve (--no-deps).
$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else \
	  f"Lungline needs Python 3.11 to 3.13; found {v[0]}.{v[1]}. Next: make PYTHON=/path/to/python3.11")'
	@echo "Installing into $(VENV): $$(grep -c == requirements.txt) pinned packages, a few minutes the first time"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
	  -r requirements.txt
	@$(BIN)/python -m pip --disable-pip-version-check check
	@touch $@
