# `make run` and `make test` need only python3 (>=3.11), make and a package registry.
PYTHON ?= python3
BIN := .venv/bin
SEED ?= 20260101
STUDY ?= studies/nct07310355
PORT ?= 8000
OUT ?= out/$(notdir $(patsubst %/,%,$(STUDY)))
COMPILE := $(BIN)/uv pip compile --universal --generate-hashes --no-header --no-annotate -q --python-version 3.11 --extra build

.PHONY: run serve test check bench docs lock reference slow clean

run: .venv/run.stamp
	@rm -rf "$(OUT)/trial" "$(OUT)/report"
	@$(BIN)/galu simulate "$(STUDY)" "$(STUDY)/scenario.yaml" --seed $(SEED) -o "$(OUT)/trial"
	@$(BIN)/galu run "$(OUT)/trial" -o "$(OUT)/report"

serve: .venv/serve.stamp $(OUT)/trial
	@$(BIN)/galu serve "$(OUT)/trial" --port $(PORT)

test: .venv/dev.stamp
	$(BIN)/python -m pytest -n auto -m "not slow"

$(OUT)/trial: | .venv/run.stamp
	@$(BIN)/galu simulate "$(STUDY)" "$(STUDY)/scenario.yaml" --seed $(SEED) -o "$(OUT)/trial"

check: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto -m "not slow"

slow: .venv/dev.stamp
	$(BIN)/python -m pytest -m slow

bench: .venv/dev.stamp
	$(BIN)/python benchmarks/run.py

docs: .venv/dev.stamp
	@$(BIN)/sphinx-build -E -W --keep-going -q docs out/site
	@echo out/site/index.html

reference: .venv/run.stamp
	$(BIN)/galu record kinds > docs/reference/facts.md
	$(BIN)/galu study keys > docs/reference/study-file.md
	$(BIN)/galu user roles > docs/reference/access.md

lock: .venv/dev.stamp
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) --extra server -c requirements.txt pyproject.toml -o requirements-server.txt
	$(COMPILE) --extra dev -c requirements.txt -c requirements-server.txt pyproject.toml -o requirements-dev.txt

clean:
	rm -rf .venv out

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q --require-hashes -r requirements.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q src
	@touch $@

.venv/serve.stamp: requirements-server.txt .venv/run.stamp
	$(BIN)/python -m pip install -q --require-hashes -r requirements-server.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt .venv/run.stamp
	$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.txt
	@touch $@
