# make run    set up, index the examples, answer one question, serve the question page
# make test   set up, then every test (real models, real browser)
# make check  lint, types and the fast tests: no weights, no sockets (two to three minutes on two cores)
# make pipelines  train the English pipeline anew from DATA (two hours on two cores; knowledge/pipelines/README.md)
# make setup  only prepare .venv

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXAMPLES_KB := .wellspring/examples
PORT ?= 8501
DATA ?= ../shared/data

.DEFAULT_GOAL := help
.PHONY: help setup models run check test pipelines format

help:
	@sed -n 's/^# //p' $(MAKEFILE_LIST)

setup: $(VENV)/.ready

# pip, not another installer: where a CPU build of torch is on disk, only pip is told of it.
$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Wellspring needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/python -m pip check
	@touch $@

models: setup
	$(BIN)/rag models pull

run: models
	$(BIN)/rag index examples/documents --kb $(EXAMPLES_KB)
	$(BIN)/rag ask "What is the minimum length of a password for our accounts?" --kb $(EXAMPLES_KB)
	$(BIN)/rag ui --kb $(EXAMPLES_KB) --port $(PORT)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/unit -n 2 --disable-socket --allow-unix-socket

test: models
	@sh tests/chromium.sh
	$(BIN)/python -m pytest tests/unit -n 2
	$(BIN)/python -m pytest tests/full

pipelines: models
	OMP_NUM_THREADS=1 $(BIN)/python -m knowledge.pipelines.training.train --data $(DATA)

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
