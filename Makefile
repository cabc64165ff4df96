# run: everything on this machine.  test: style, types, layers, the whole suite.  coverage: the suite, and which lines
# it passes through.  bench: figures beside peers.
PYTHON ?= python3
# On Linux a plain "torch" brings gigabytes of GPU libraries; this version is offered for the CPU as well.
# Whoever trains on a GPU sets TORCH to the build for it.
TORCH ?= torch==2.13.0

BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Half of the suite waits for pages and processes: more processes than processors keep these busy.
SUITE := pytest -n 4 --dist loadfile --no-loadscope-reorder

.PHONY: run test coverage suite lint bench

run: $(BIN)/.installed
	@exec $(BIN)/python manage.py launch

test: $(BIN)/.installed-dev
	@$(MAKE) --no-print-directory --jobs=2 lint suite

suite: $(BIN)/.installed-dev
	$(BIN)/$(SUITE)

coverage: $(BIN)/.installed-dev
	$(BIN)/$(SUITE) --cov --cov-report=term:skip-covered

lint: $(BIN)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(BIN)/.installed-bench
	$(BIN)/python -m benchmarks

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it as PYTHON=...")'
	$(PYTHON) -m venv .venv

$(BIN)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet "$(TORCH)" --editable .
	@touch $@

$(BIN)/.installed-dev: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet "$(TORCH)" --editable ".[dev]"
	@touch $(BIN)/.installed $@

$(BIN)/.installed-bench: $(BIN)/.installed-dev
	$(BIN)/pip install --quiet --editable ".[dev,bench]"
	@touch $@
