# Two commands do everything: `make run` and `make test`. Both make the environment they need; a second start skips that.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: run test test-base lint clean

run: $(VENV)/.base
	@exec $(BIN)/python app.py

test: $(VENV)/.models
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# The suite without the model packages: model tests are skipped aloud.
test-base: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not slow and not models" -rs $(PYTEST_ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "expected Python 3.11 to 3.13, got " + sys.version.split()[0] + "; say e.g. make PYTHON=python3.12 run")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.base

$(VENV)/.models: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,models]'
	@touch $@ $(VENV)/.dev $(VENV)/.base

clean:
	rm -rf $(VENV) build dist *.egg-info
