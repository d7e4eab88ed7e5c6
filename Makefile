# Feira. `make` alone says what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Tests wait more than they work: a file of them on each core, every worker with servers of its own;
# in the order of tests/conftest.py, the long ones first.
PYTEST := $(BIN)/pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: help
help:  # Show what can be made
	@grep -hE '^[a-z-]+:.*  # ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*  # (.*)/  \1\t\2/' | expand -t 16

# A virtual environment with exactly what requirements.lock names, by hash.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) deploy/setup.py $(VENV)

.PHONY: setup
setup: $(READY)  # Set up the virtual environment

.PHONY: demo
demo: $(READY)  # Run a whole festival against simulated buyers, prove the books, write a report
	@$(BIN)/feira demo

.PHONY: up down status logs reset
up: $(READY)  # Start Kafka, MongoDB and the services here
	@$(BIN)/feira up
down: $(READY)  # Stop them
	@$(BIN)/feira down
status: $(READY)  # Show them
	@$(BIN)/feira status
logs: $(READY)  # Follow a log: make logs s=orders
	@$(BIN)/feira logs $(s) -f
reset: $(READY)  # Stop and forget all data
	@$(BIN)/feira reset

.PHONY: web
web: $(READY)  # Build the pages, and say where they are
	@$(BIN)/python -m deploy.local.web

.PHONY: test test-again test-rules test-services test-browser test-festival trouble
test: $(READY)  # Run all tests
	@$(PYTEST) -m "not bench"
test-again: $(READY)  # Run what failed once more, one after the other
	@echo "Once more, alone, what failed beside others:"
	@$(BIN)/pytest --last-failed --last-failed-no-failures none -p no:randomly
test-rules: $(READY)  # Run the tests that start nothing, in seconds
	@$(BIN)/pytest tests/rules tests/contracts
test-services: $(READY)  # Run each service's tests on real Kafka and MongoDB
	@$(PYTEST) tests/services tests/local tests/sandbox
test-browser: $(READY)  # Use the pages in a real browser
	@$(BIN)/pytest tests/browser
test-festival: $(READY)  # Run all services as processes
	@$(BIN)/pytest tests/festival
trouble: $(READY)  # Kill, cut and flood on purpose, for long: FEIRA_TROUBLE=3 is three times the short form
	@FEIRA_TROUBLE=$${FEIRA_TROUBLE:-long} $(BIN)/pytest tests/trouble

.PHONY: fmt check
fmt: $(READY)  # Format
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/python -m deploy.local.web --format || true
check: $(READY)  # Check format, lint, types, import contracts, generated files, images
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/basedpyright
	@$(BIN)/lint-imports
	@$(BIN)/python -m deploy.language --check
	@$(BIN)/python -m deploy.images.check
	@$(BIN)/python -m deploy.local.web --check
	@echo "All is well."

.PHONY: events bench lock image
events: $(READY)  # Write docs and schemas from shared/events
	@$(BIN)/python -m deploy.language
bench: $(READY)  # Measure the hot paths beside the raw limits, write docs/benchmarks.md
	@$(BIN)/python -m tests.bench
lock: $(READY)  # Resolve the dependencies anew into the lock files
	@$(BIN)/uv pip compile -q pyproject.toml --all-extras --universal --generate-hashes --no-annotate --no-header -o requirements.lock
	@$(BIN)/uv pip compile -q pyproject.toml --extra telemetry --extra sandbox --universal --generate-hashes --no-annotate --no-header -o deploy/images/requirements.lock
image:  # Build the image of one service: make image s=orders
	docker build -f deploy/images/Dockerfile --target $(if $(filter livestream,$(s)),livestream,service) \
	  --build-arg SERVICE=$(s) -t feira/$(s) .
