# Two commands do everything: `make run` and `make test`. Both make the environment they need; a second start skips that.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: run test test-pages test-rest test-base lint clean

run: $(VENV)/.base
	@exec $(BIN)/python app.py

# Two processes side by side, each told of when it is done: the browser leaves half of the machine idle.
test: $(VENV)/.models
	@echo "the pages and all the rest are tested side by side; what each has to say comes when it is done"
	@$(MAKE) --no-print-directory --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) test-pages test-rest

test-pages: $(VENV)/.models
	$(BIN)/python -m pytest -m "browser and not slow" $(PYTEST_ARGS)

test-rest: $(VENV)/.models
	$(BIN)/python -m pytest -m "not browser and not slow" $(PYTEST_ARGS)

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
