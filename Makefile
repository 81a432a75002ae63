# make check: decide every claim.  make test: lint, types, tests.  make deep: the larger scopes.
# make docs: the documentation as a site, in build/site.
# make bench: how fast, against other tools.
# make mutate: which small faults of the reference and the checkers are noticed; PARTS="engines judge" names parts.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
TEST_READY := $(VENV)/ready-to-test
BENCH_READY := $(VENV)/ready-to-bench
DOCS_READY := $(VENV)/ready-for-docs
PACKAGES := bench examples model properties pytest_ringplug reference ringplug tests

.PHONY: check test deep docs bench mutate soak clean

check: $(READY)
	$(BIN)/ringplug check

test: $(TEST_READY)
	$(BIN)/ruff check $(PACKAGES)
	$(BIN)/ruff format --check --quiet $(PACKAGES)
	@echo "pyright, beside the tests"; $(BIN)/pyright > $(VENV)/pyright.txt 2>&1 & pyright=$$!; \
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder; tests=$$?; \
	wait $$pyright || { cat $(VENV)/pyright.txt; exit 1; }; exit $$tests

deep: $(TEST_READY) $(DOCS_READY)
	$(BIN)/python -m pytest -m deep --numprocesses auto --dist loadgroup --no-loadscope-reorder

docs: $(DOCS_READY)
	$(BIN)/python -m sphinx -W --keep-going -q -b html -c docs/site . build/site
	@echo build/site/index.html

bench: $(TEST_READY) $(BENCH_READY)
	@status=0; for b in bench/*.py; do echo "$$b"; $(BIN)/python $$b || { code=$$?; [ $$status = 1 ] || status=$$code; }; done; exit $$status

soak: $(TEST_READY)
	RINGPLUG_SOAK_SECONDS=3600 $(BIN)/python -m pytest -m deep -k soak tests/test_processes.py

mutate: $(TEST_READY)
	$(BIN)/python -m tests.mutation $(PARTS)

clean:
	rm -rf $(VENV)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(f"ringplug needs Python 3.11 or newer, $(PYTHON) is {sys.version.split()[0]}; try make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(TEST_READY): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@

$(DOCS_READY): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	@touch $@

$(BENCH_READY): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	@touch $@
