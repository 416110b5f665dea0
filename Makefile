# Everything a fresh clone needs is python3 (3.11 or later, with venv), make and git.
VENV ?= .venv
BIN  := $(VENV)/bin
# where it is set, each of the many processes of the tests would compile our modules anew
export PYTHONDONTWRITEBYTECODE :=
DEMO := .demo
# one more than cores: many tests wait for processes of their own
PROCESSES = $(shell $(BIN)/python -c 'import os; print(min(4, (os.cpu_count() or 1) + 1))')
SERVICES := chromium postgresql iproute2 prometheus
LOCK := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
SLIM := packaging/slim.in --overrides packaging/slim-overrides.txt

.PHONY: help install dev demo test tests lint services slow portable golden docs quotes shape lowest lock released clean site

help:            ## say what there is
	@grep -E '^[a-z]+: .*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.installed  ## the package in a venv of its own

dev: $(VENV)/.dev  ## the same with what its checks need

demo: install    ## German credit from spec to verified bundle, in about a minute
	rm -rf $(DEMO)
	$(BIN)/automl example german-credit $(DEMO)
	$(BIN)/automl fit $(DEMO)/spec.toml --out $(DEMO)/credit.bundle
	$(BIN)/automl verify $(DEMO)/credit.bundle
	$(BIN)/automl predict $(DEMO)/credit.bundle $(DEMO)/test.csv -o $(DEMO)/scored.csv
	head -4 $(DEMO)/scored.csv
	@echo "What it is made of and what to know of it: $(DEMO)/credit.bundle/card.md. More: $(BIN)/automl --help"

test: lint tests ## format, lint, types, layers, tests, docs

tests: $(VENV)/.dev
	MAKEFLAGS= $(BIN)/pytest -q --numprocesses $(PROCESSES) --dist loadfile

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/basedpyright
	$(BIN)/lint-imports

services:        ## what some tests need beside Python, from Debian's packages: a browser, a database, networks, alerts
	@dpkg --status $(SERVICES) > /dev/null 2>&1 || { \
		root=$$([ "$$(id -u)" = 0 ] || echo sudo) && \
		$$root apt-get update --quiet=2 && \
		$$root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends $(SERVICES); }

slow: $(VENV)/.dev  ## the tests that take minutes
	$(BIN)/pytest -q -m slow

portable: $(VENV)/.dev  ## the tests without what only Linux or POSIX has: the plain ways, as on other systems
	AUTOML_PORTABLE=1 PYTHONPATH=tests/portable $(BIN)/pytest -q --numprocesses $(PROCESSES) --dist loadfile

golden: $(VENV)/.dev  ## write tests/golden anew; read the diff before it is committed
	$(BIN)/pytest -q --write-golden

docs: install    ## write what the code knows into README and docs anew
	$(BIN)/python docs/generate.py

site: $(VENV)/.dev  ## the documentation as pages in build/site: no network, and any warning is an error
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --conf-dir docs . build/site
	@echo "build/site/index.html"

quotes: install  ## run the examples that README and tutorials quote, for five minutes, and quote them anew
	$(BIN)/python docs/demo.py
	$(BIN)/python docs/generate.py

shape: $(VENV)/.dev  ## sizes, arguments, Any, cycles, mirrored tests: a report; SHAPE=--coverage runs these as well
	$(BIN)/python benchmarks/shape.py $(SHAPE)

lowest: $(VENV)/.dev  ## the quick tests of some rooms with the lowest versions that pyproject.toml allows, in a venv aside
	$(BIN)/python benchmarks/lowest_versions.py

lock: $(VENV)/.dev  ## the newest versions that pyproject.toml allows, with hashes, for `make install` and `make test`
	$(BIN)/uv pip compile $(LOCK) $(SLIM) --group build pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile $(LOCK) $(SLIM) --group build --group dev --group docs pyproject.toml --output-file requirements-dev.lock
	printf 'numpy\nonnxruntime\npolars\n' | $(BIN)/uv pip compile $(LOCK) --constraint requirements.lock - \
		--output-file automl/deploy/export/scoring.lock

released: install ## add today's scorer to those that a bundle may hold: once for each release
	$(BIN)/python -m automl.bundle.released >> automl/bundle/released.sha256

clean:           ## remove the demo and the caches
	rm -rf $(DEMO) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	python3 -m venv $(VENV)

# exactly the files that the lock names, by their hashes, and nothing that would have to be built: the lock is whole, and
# leaves out on purpose what some libraries ask for (packaging/slim-overrides.txt)
EXACT := --no-deps --require-hashes --only-binary :all:
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
UV := build/uv/bin/uv

# uv, which pip brings, installs in a tenth of pip's time; where it does not get at the files, pip knows another index
locked = $(UV) pip install --quiet --python $(BIN)/python $(EXACT) --requirement $(1) || $(PIP) $(EXACT) --requirement $(1)

$(UV): requirements-dev.lock | $(VENV)/bin/python
	mkdir -p build
	sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.lock > build/uv.lock
	$(PIP) $(EXACT) --upgrade --target build/uv --requirement build/uv.lock
	touch $@

$(VENV)/.installed: pyproject.toml requirements.lock $(UV) | $(VENV)/bin/python
	$(call locked,requirements.lock)
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.installed
	$(call locked,requirements-dev.lock)
	touch $@
