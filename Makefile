# Needs python3 (3.11 or newer) and make; everything else is installed into .venv on first use.
PYTHON ?= python3
ARGS ?=

# Compiled modules are kept: the tests start many processes.
unexport PYTHONDONTWRITEBYTECODE

bin := .venv/bin
pip := $(bin)/python -m pip --disable-pip-version-check -qq
definition := setup.cfg pyproject.toml

.PHONY: help run test coverage soak bench docs lint format types layers sizes wheel clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: .venv/run.stamp ## central system on port 9000; make run ARGS="--port 9001"
	@exec $(bin)/twistd -n --pidfile= ocppfw --role cs --port 9000 $(ARGS)

test: .venv/dev.stamp ## all tests but the soak tests; make test ARGS="-k rpc"
	@$(bin)/pytest -m "not soak" -n auto --dist loadfile $(ARGS)

coverage: .venv/dev.stamp ## what the quick tests run of each room, and its gates
	@$(bin)/tox run --quiet -e coverage -- $(ARGS)

soak: .venv/dev.stamp ## the full numbers of the long tests
	@$(bin)/pytest -m soak $(ARGS)

bench: .venv/dev.stamp ## measure speed and memory, and compare with peers
	@$(bin)/python -m benchmarks $(ARGS)

docs: .venv/docs.stamp ## the documentation as HTML, in build/docs
	@$(bin)/python docs/build.py build/docs
	@echo "The first page is build/docs/index.html"

lint: .venv/dev.stamp ## ruff: faults and formatting
	@$(bin)/ruff check --quiet --output-format=concise
	@$(bin)/ruff format --quiet --diff

format: .venv/dev.stamp ## let ruff repair what it can
	@$(bin)/ruff check --quiet --fix
	@$(bin)/ruff format --quiet

types: .venv/dev.stamp ## mypy
	@$(bin)/mypy

layers: .venv/dev.stamp ## import-linter: which room may import which
	@$(bin)/lint-imports --no-logo --no-cache

sizes: .venv/dev.stamp ## length of functions and files
	@$(bin)/python .ci/check_sizes.py

wheel: .venv/dev.stamp ## build the wheel, install it elsewhere, start it there
	@$(bin)/python .ci/check_wheel.py

clean: ## remove everything that was made here, .venv included
	rm -rf .venv .tox build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . \( -name __pycache__ -o -name node_modules -o -name dropin.cache \) -prune -exec rm -rf {} +

$(bin)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "ocppfw needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv

.venv/run.stamp: $(bin)/pip $(definition)
	@echo "Installing ocppfw into .venv"
	@$(pip) install -e .
	@touch $@

.venv/docs.stamp: $(bin)/pip $(definition)
	@echo "Installing ocppfw and Sphinx into .venv"
	@$(pip) install -e '.[docs]'
	@touch $@ .venv/run.stamp

.venv/dev.stamp: $(bin)/pip $(definition)
	@echo "Installing ocppfw and its tools into .venv"
	@$(pip) install -e '.[dev]'
	@touch $@ .venv/run.stamp .venv/docs.stamp
