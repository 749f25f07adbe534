# What one can do here. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3.11
BIN := .venv/bin
REDOCLY := REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true tools/node_modules/.bin/redocly

# What is compiled is kept, whatever the shell says: a process of ours starts by a quarter sooner.
export PYTHONDONTWRITEBYTECODE :=

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 20

install: .venv/installed ## install the locked dependencies in .venv

run: .venv/installed ## start the whole system on this machine (STREAM=kafka: on a Kafka); Ctrl-C stops it
	@$(if $(STREAM),ECOUTE_STREAM=$(STREAM)) exec $(BIN)/ecoute run

restart: .venv/installed ## renew the processes of the running system one by one, with the code that lies here now and the settings of its start
	@exec $(BIN)/ecoute restart

kafka: .venv/installed ## start a real Kafka on this machine (BROKERS=3: three of them); needs Java and Maven
	@exec $(BIN)/ecoute kafka start --brokers $(or $(BROKERS),1)

kafka-stop: .venv/installed ## stop it; its data stays in var/kafka
	@exec $(BIN)/ecoute kafka stop

demo: .venv/installed ## beside a running `make run`: three months of a pension agency; DATA=FILE MAPPING=FILE for a file of yours
	@exec $(BIN)/ecoute demo $(if $(DATA),--data $(DATA)) $(if $(MAPPING),--mapping $(MAPPING))

test: .venv/installed-dev ## what is soon done, on a real PostgreSQL and real processes
	@command -v chromium >/dev/null || [ -n "$$CHROMIUM" ] || echo "ecoute: chromium is missing, the pages are tested without a browser: install it, or name one in CHROMIUM" >&2
	@exec $(BIN)/pytest -n 3 --dist loadgroup --no-loadscope-reorder --ignore=tests/faults --ignore=tests/containers -m 'not slow'

faults: .venv/installed-dev ## the slow rest, in full: real data whole, a real Kafka, processes killed under load
	@TESTS=full $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder --ignore=tests/containers -m 'slow and not alone'
	@TESTS=full $(BIN)/pytest tests/faults -m alone

faults-small: .venv/installed-dev ## the same at small counts
	@$(BIN)/pytest -n 3 --dist loadgroup --no-loadscope-reorder --ignore=tests/containers -m 'slow and not alone'
	@$(BIN)/pytest tests/faults -m alone

bench: .venv/installed-dev ## measure, beside a floor, and write bench/results.md; LEG=feedback for one leg
	@exec $(BIN)/python -m bench $(LEG)

lint: .venv/installed-dev ## style, types, walls between the parts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/installed-dev ## put the code into its one form
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

documents: tools/node_modules ## lint openapi/ with the tools that others read it with (needs Node)
	@for name in intake routing analytics; do $(REDOCLY) lint --config redocly.yaml openapi/$$name.yaml || exit 1; done
	@for name in intake routing analytics; do $(REDOCLY) diff openapi/frozen/$$name.yaml openapi/$$name.yaml || exit 1; done
	@node tools/check-asyncapi.mjs openapi/asyncapi.yaml

deployment: .venv/installed-dev ## check deploy/ without an engine: what compose.yaml runs, and with the tools of those who run it (needs root, Go, nginx)
	@$(BIN)/pytest tests/containers
	@mkdir -p var/check
	@go run sigs.k8s.io/kustomize/kustomize/v5@v5.7.1 build deploy/kubernetes/self-contained > var/check/kubernetes.yaml
	@$(BIN)/uvx -q kubernetes-validate@1.37.0 --strict var/check/kubernetes.yaml

openapi: .venv/installed-dev ## write openapi/ from the code
	$(BIN)/ecoute openapi

freeze: openapi ## promise what openapi/ says now: from then on it only grows
	rm -rf openapi/frozen && mkdir openapi/frozen && cp -r openapi/*.yaml openapi/events openapi/frozen/

lock: .venv/installed-dev ## resolve the dependencies anew, with hashes
	$(BIN)/uv pip compile pyproject.toml --upgrade --generate-hashes --python-version 3.11 --no-header -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --upgrade --extra dev -c requirements.lock --generate-hashes --python-version 3.11 --no-header -q -o requirements-dev.lock

clean: ## take away the virtual environment; data in var/ stays
	rm -rf .venv

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "ecoute: $(PYTHON) is missing: install Python 3.11, or say make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "ecoute: $(PYTHON) is not Python 3.11" >&2; exit 2; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "ecoute: $(PYTHON) cannot make a virtual environment: install its venv package" >&2; exit 2; }

.venv/installed: .venv/bin/python requirements.lock pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

tools/node_modules: tools/package-lock.json
	@command -v npm >/dev/null || { echo "ecoute: npm is missing: install Node.js 20 or newer" >&2; exit 2; }
	@npm ci --prefix tools --no-fund --no-audit --loglevel=error
	@touch $@

.PHONY: help install run restart kafka kafka-stop demo test faults faults-small bench lint documents deployment format openapi freeze lock clean
.DEFAULT_GOAL := help
