# make demo          install and start everything; TLS=1: the provider behind the edge, by https
# make smoke         walk the whole journey against the demo
# make test          install what the tests need, then `make check` and every test
# make check         format, lint, types, import contracts, generated documents
# make audit         known faults of the dependencies; asks an outside service
# make fuzz          every parser for SECONDS=5, both APIs, sealed documents (COUNT=20000 mutations)
# make bench-signatures   seals and verdicts a second, beside stock pyHanko; ONLY=a name
# make corpus DIR=…  the verdict on every file of a folder; TRUST=… JOBS=… JSON=1
# make bench         requests a second on one core; DATABASE=sqlite, or postgresql; ONLY=a name
# make docs          write the generated documents and the OpenAPI descriptions again
# make lock          resolve the dependencies again
# make clean         remove what the others made, but not the demo's data in .demo/

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NODE := tests/interop/node
DSS := tests/interop/dss

demo: need := $(if $(TLS),edge,demo)
demo: system $(VENV)/.demo
	@exec $(BIN)/tra demo $(if $(TLS),--tls) $(if $(CLIENTS),--clients '$(CLIENTS)') \
		$(if $(PEOPLE),--people '$(PEOPLE)')

smoke: need := demo
smoke: system $(VENV)/.demo
	@$(BIN)/tra smoke

test: need := test
test: system $(VENV)/.test $(NODE)/node_modules/.package-lock.json judge check
	@$(BIN)/pytest -n 2 --dist loadfile -q

check: need := test
check: system $(VENV)/.test
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo >$(VENV)/imports || { cat $(VENV)/imports; exit 1; }
	@$(BIN)/tra docs --check
	@$(BIN)/tra openapi --check
	@$(BIN)/python -m tests.conformance --check

audit: $(VENV)/.test
	$(BIN)/pip-audit --require-hashes --disable-pip -r requirements/dev.txt

bench: need := test
bench: system $(VENV)/.test
	@$(BIN)/python -m bench $(if $(DATABASE),--database '$(DATABASE)') $(if $(ONLY),--only '$(ONLY)')

bench-signatures: $(VENV)/.test
	@$(BIN)/python -m bench.signatures $(if $(ONLY),--only '$(ONLY)')

corpus: $(VENV)/.test
	@$(BIN)/tra verify --corpus '$(DIR)' --jobs $(or $(JOBS),2) $(if $(TRUST),--trust '$(TRUST)') $(if $(JSON),--json)

fuzz: $(VENV)/.test
	@$(BIN)/python -W ignore -m tests.fuzz.guided $(SECONDS)
	@EXAMPLES=100 $(BIN)/pytest -q -n 2 --timeout=3600 $(wildcard tests/web/*/test_described.py)
	@$(BIN)/python -W ignore -m tests.fuzz $(COUNT)

docs: $(VENV)/.test
	@$(BIN)/tra docs
	@$(BIN)/tra openapi
	@$(BIN)/python -m tests.conformance

lock: resolve := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header
lock: $(BIN)/uv
	@$(resolve) -o requirements/run.txt
	@$(resolve) --extra demo -o requirements/demo.txt
	@$(resolve) --extra demo --extra dev -o requirements/dev.txt
	@echo 'setuptools>=80' | $(subst pyproject.toml,-,$(resolve)) -o requirements/build.txt

system:
	@deploy/install-packages $(need)

clean:
	rm -rf $(VENV) $(NODE)/node_modules $(DSS)/build build ./*.egg-info .cache .mypy_cache .ruff_cache \
		.pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:
	@sed -n 's/^# //p' Makefile | head -11

# Resolving again must not ask for what was resolved before.
$(BIN)/uv:
	$(call install,dev)

judge: $(DSS)/build/Judge.class

# What a target needs is installed once, and again when its lock changes.
$(VENV)/.demo: requirements/demo.txt pyproject.toml
	$(call install,demo)
	@touch $@

$(VENV)/.test: requirements/dev.txt pyproject.toml
	$(call install,dev)
	@touch $(VENV)/.demo $@

$(NODE)/node_modules/.package-lock.json: $(NODE)/package-lock.json
	@cd $(NODE) && npm ci --silent
	@touch $@

# The validator of the European Commission, each file by its hash, and our driver of it.
$(DSS)/build/Judge.class: $(DSS)/pom.xml $(DSS)/jars.sha256 $(DSS)/Judge.java $(DSS)/Maker.java
	@rm -rf $(DSS)/build
	@cd $(DSS) && mvn --quiet --batch-mode dependency:copy-dependencies \
		-DincludeScope=runtime -DoutputDirectory=build/lib
	@cd $(DSS)/build/lib && sha256sum --check --quiet --strict ../../jars.sha256
	@cd $(DSS) && javac -cp 'build/lib/*' -d build Judge.java Maker.java

define install
	@echo "Installing Python packages into $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --no-deps -r requirements/$(1).txt
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
endef

.PHONY: demo smoke judge test check audit bench bench-signatures corpus fuzz docs lock system clean help
