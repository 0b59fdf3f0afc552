# Every target sets up what it needs by itself. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PY := .venv/bin/python
DEV := .venv/.stamp
SAM := .tools/sam/.stamp
MINISTACK := .tools/ministack/.stamp

# Settings of another project's environment must not reach this one.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME
# SAM CLI reports nothing home.
export SAM_CLI_TELEMETRY := 0

.PHONY: help
help: ## This list.
	@grep -hE '^[a-z]+:.* ## ' $(MAKEFILE_LIST) | sort | sed -E 's/^([a-z]+):.* ## (.*)/  make \1|\2/' \
		| awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

# ---- Set-up ----------------------------------------------------------------------------------------

.PHONY: setup
setup: $(DEV) $(SAM) $(MINISTACK) ## Everything the other targets need; afterwards .venv/bin/sojourn runs.

.tools/uv: requirements/uv.txt scripts/install-uv
	@echo "setup: uv"
	@scripts/install-uv

$(DEV): .tools/uv requirements/dev.txt pyproject.toml .python-version scripts/make-env scripts/uv
	@echo "setup: .venv (library, command line, checks, tests)"
	@scripts/make-env .venv requirements/dev.txt
	@scripts/uv pip install --quiet --python $(PY) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(SAM): .tools/uv requirements/sam.txt .python-version scripts/make-env scripts/uv
	@echo "setup: .tools/sam (SAM CLI, cfn-lint)"
	@scripts/make-env .tools/sam requirements/sam.txt
	@touch $@

$(MINISTACK): .tools/uv requirements/ministack.txt .python-version scripts/make-env scripts/uv
	@echo "setup: .tools/ministack (the emulated AWS)"
	@scripts/make-env .tools/ministack requirements/ministack.txt
	@touch $@

# Versions move only here. The output names packages and hashes, never an index.
COMPILE := scripts/uv pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-header $(LOCK)

.PHONY: lock
lock: .tools/uv ## Compile requirements/*.txt anew (make lock LOCK=--upgrade moves every version).
	cd requirements && for name in uv dev sam ministack; do ../$(COMPILE) $$name.in -o $$name.txt; done
	cd requirements && ../$(COMPILE) --constraints dev.txt layer.in -o layer.txt

.PHONY: clean
clean: ## Remove every environment and everything built.
	rm -rf .venv .tools .aws-sam .sojourn .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
