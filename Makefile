# Each target sets up what it needs; a second call is quick.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= out/demo
STAMP := $(VENV)/.installed

.PHONY: setup test lint
.DEFAULT_GOAL := setup

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt "torch==2.13.0" "torchvision==0.28.0"
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

dbt_metrics/target/manifest.json: $(STAMP) $(shell find dbt_metrics -name "*.yml" -o -name "*.sql" | grep -v target/)
	cd dbt_metrics && ../$(BIN)/dbt --quiet parse --profiles-dir .
	touch $@

setup: $(STAMP) dbt_metrics/target/manifest.json  ## install into .venv and prepare the dbt manifest

test: setup  ## run the tests
	$(BIN)/python -m pytest -n 2

lint: setup  ## ruff, mypy
	$(BIN)/ruff check lulc_assets lulc_assets_tests
	$(BIN)/ruff format --check lulc_assets lulc_assets_tests
	$(BIN)/mypy
