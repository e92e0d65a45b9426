# One command a person: make demo, make test. What CI runs: make check, make test-pythons, a share of make mutants.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
RUN := $(BIN)/python
TESTERS ?= $(shell $(PYTHON) -c "import os; print(1 + (os.cpu_count() or 1))")
# Where bytecode is not written, each of the thousands of processes the tests start would compile all of tukscal again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo demo-sync pictures install format lint types imports test test-all test-pythons check bench bench-large bench-service soak
.PHONY: mutants house lock clean

demo: .venv/runtime  ## Install tukscal and convert the example timetables.
	$(RUN) examples/demo.py

demo-sync: .venv/dev  ## Start the service, convert, push, subscribe, show the feed.
	$(RUN) examples/demo_sync.py

pictures: .venv/dev  ## Draw the pictures of README.md again.
	$(RUN) examples/pictures.py

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
	MYPYPATH=.typing $(BIN)/mypy -p tukscal.cli -p tukscal.core -p tukscal.sync -p tukscal.examples
	MYPYPATH=.typing $(BIN)/mypy tests

imports: .venv/dev
	$(BIN)/lint-imports

# Many tests wait for processes they have started: one more than there are cores makes the whole faster.
test: .venv/dev $(if $(shell command -v npm),tests/js/node_modules)  ## All but the slow tests.
	$(RUN) -m pytest -n $(TESTERS) -m "not slow"

test-all: .venv/dev $(if $(shell command -v npm),tests/js/node_modules)
	$(RUN) -m pytest -n $(TESTERS)

# exec: what ends make shall end the script, not a shell that waits for it.
VERSIONS ?= 3.11 3.13 3.14
TESTS ?= tests
test-pythons:  ## The tests but the slow ones on each Python that Debian has, as root: VERSIONS=3.14 TESTS=tests/core
	exec $(PYTHON) tests/pythons.py $(VERSIONS) -- -n $(TESTERS) -m "not slow" $(TESTS)

check: lint types imports test-all

bench: .venv/dev  ## The tables in BENCHMARKS.md, some minutes; bench-large takes half an hour more.
	$(RUN) examples/bench.py
	$(RUN) examples/bench_pool.py
	$(RUN) examples/bench_ledger.py
	$(RUN) examples/bench_batch.py
	$(RUN) examples/bench_watch.py

bench-large: .venv/dev
	$(RUN) examples/bench_batch.py --counts 1000,100000
	$(RUN) examples/bench_watch.py --counts 1000,10000

bench-service: .venv/dev  ## The central service under load, half an hour.
	$(RUN) -m tukscal.examples.loadtest.burst
	$(RUN) -m tukscal.examples.loadtest.burst --kill
	$(RUN) -m tukscal.examples.loadtest.siege
	$(RUN) -m tukscal.examples.loadtest.locusts
	$(RUN) -m tukscal.examples.loadtest.locusts --ramp

soak: .venv/dev  ## Hundreds of random kills and faults more than in `make test`, half an hour.
	TUKSCAL_SOAK=1 $(RUN) -m pytest -n auto tests/core/pool tests/core/ledger tests/core/batch tests/core/watch tests/sync

COUNT ?= 60
MODULES ?= core
mutants: .venv/dev  ## Which changes of an operator does no test notice? COUNT=60 SEED=1 MODULES="core/calendar/schedule.py core/terms"
	$(RUN) tests/mutants/run.py --count $(COUNT) $(if $(SEED),--seed $(SEED)) --modules $(MODULES) $(if $(MOST),--most $(MOST))

house: .venv/dev  ## The house in figures: sizes, what stands twice, circles, the files that a batch enters.
	$(RUN) tests/house.py

lock: .venv/dev  ## Renew the locks after a change of dependencies.
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 --no-header --extra dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv .typing build dist out *.egg-info tests/js/node_modules
