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

.venv/.packages: .tools/uv requirements/dev.txt .python-version scripts/make-env scripts/uv
	@echo "setup: .venv (library, command line, checks, tests)"
	@scripts/make-env .venv requirements/dev.txt
	@touch $@

# The project itself, in place: what is edited is what runs.
$(DEV): .venv/.packages pyproject.toml
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

# The peers of the benchmark; no other target makes these.
BENCH := .tools/bench/.stamp .tools/bench-node/.stamp

.tools/bench/.stamp: .tools/uv requirements/bench.txt .python-version scripts/make-env scripts/uv
	@echo "setup: .tools/bench (peers of the benchmark)"
	@scripts/make-env .tools/bench requirements/bench.txt
	@touch $@

.tools/bench-node/.stamp: requirements/bench-node/package.json requirements/bench-node/npm-shrinkwrap.json
	@echo "setup: .tools/bench-node (a peer on node, where node and npm are)"
	@mkdir -p $(@D) && cp $^ $(@D)
	@if command -v node >/dev/null && command -v npm >/dev/null; then cd $(@D) && npm ci --silent --ignore-scripts --no-audit --no-fund; fi
	@touch $@

# ---- Checks and tests ------------------------------------------------------------------------------

CODE := $(wildcard shared cli functions tests bench)

.PHONY: check style types contracts template
check: style types contracts template ## Format, lint, types, import contracts, template (make -k check: all of them).

style: $(DEV)
	$(PY) -m ruff format --check $(CODE)
	$(PY) -m ruff check $(CODE)

types: $(DEV)
	$(PY) -m mypy $(CODE)

contracts: $(DEV)
	.venv/bin/lint-imports --no-cache --no-logo

template: $(SAM)
	.tools/sam/bin/sam validate --lint --template template.yaml --region us-east-1

.PHONY: format
format: $(DEV) ## Put the code into the house's format, and mend what ruff can mend by itself.
	$(PY) -m ruff check --fix-only $(CODE)
	$(PY) -m ruff format $(CODE)

# The coverage file is this run's own: another run beside it must not mix in. One worker more than
# cores: the one with the deployed stack's tests mostly waits.
.PHONY: test
test: setup ## Every test; every branch of core and language reached.
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	COVERAGE_FILE=$$folder/coverage $(PY) -m pytest --numprocesses $$(($$(nproc) + 1)) \
		--cov --cov-report term-missing

# ---- Running it ------------------------------------------------------------------------------------

.PHONY: demo
demo: setup ## The product at work on this machine: events in, messages out, and why.
	@$(PY) -m sojourn_cli.demo

.PHONY: chaos
chaos: setup ## Twenty thousand seeds of faults instead of the tests' two thousand.
	CHAOS_SEEDS=$${CHAOS_SEEDS:-20000} $(PY) -m pytest -q -n auto tests/chaos

.PHONY: agree
agree: setup ## Fifty times the examples in which the description's plain reading decides the same.
	AGREE_TIMES=$${AGREE_TIMES:-50} $(PY) -m pytest -q -n auto -o faulthandler_timeout=3600 tests/naive

.PHONY: storm
storm: setup ## Three thousand events through the deployed stack while its parts fail.
	STORM_CUSTOMERS=$${STORM_CUSTOMERS:-750} $(PY) -m pytest -q -o faulthandler_timeout=1800 tests/stack/test_storm.py

.PHONY: bench
bench: setup $(BENCH) ## The benchmark beside its peers; written to bench/results/.
	@$(PY) -m bench.run

# ---- Versions --------------------------------------------------------------------------------------

# Versions move only here. The output names packages and hashes, never an index.
COMPILE := scripts/uv pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-header $(LOCK)

# What python-liquid brings and rendering does not load: docs/decisions/0003-liquid.md.
LEFT_OUT := babel importlib-resources python-dateutil pytz six

.PHONY: lock
lock: .tools/uv ## Compile requirements/*.txt anew (make lock LOCK=--upgrade moves every version).
	cd requirements && for name in uv dev sam ministack bench; do ../$(COMPILE) $$name.in -o $$name.txt; done
	cd requirements && ../$(COMPILE) --constraints dev.txt $(LEFT_OUT:%=--no-emit-package %) layer.in -o layer.txt

.PHONY: clean
clean: ## Remove every environment and everything built.
	rm -rf .venv .tools .aws-sam .sojourn .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
