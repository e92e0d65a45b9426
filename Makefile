# One command a person: make demo, make test. One command CI runs: make check.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
RUN := $(BIN)/python

.PHONY: demo install format lint types imports test check bench lock clean

demo: .venv/runtime  ## Install tukscal and convert the example timetables.
	$(RUN) examples/demo.py

install: .venv/dev

# The lock names every package with its hash; tukscal itself comes from this folder.
.venv/runtime: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

.venv/dev: requirements-dev.lock .venv/runtime
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

# mypy finds the package, whose root is this folder, through a link with its name.
.typing/tukscal:
	mkdir -p .typing
	ln -s .. .typing/tukscal

tests/js/node_modules: tests/js/package-lock.json
	cd tests/js && npm ci --silent --no-audit --no-fund
	touch $@

format: .venv/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/dev .typing/tukscal
	MYPYPATH=.typing $(BIN)/mypy -p tukscal.cli -p tukscal.core -p tukscal.examples
	MYPYPATH=.typing $(BIN)/mypy tests

imports: .venv/dev
	$(BIN)/lint-imports

test: .venv/dev $(if $(shell command -v npm),tests/js/node_modules)
	$(RUN) -m pytest -n auto

check: lint types imports test

bench: .venv/dev  ## The table in BENCHMARKS.md, a few minutes.
	$(RUN) examples/bench.py

lock: .venv/dev  ## Renew the locks after a change of dependencies.
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 --no-header --extra dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv .typing build dist out *.egg-info tests/js/node_modules
