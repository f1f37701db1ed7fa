# On a fresh machine: Python 3.11 or newer, and make. `make demo` does the rest.

VENV := .venv
BIN := $(VENV)/bin
OLDEST := (3, 11)
IS_NEW_ENOUGH := import sys; sys.exit(sys.version_info < $(OLDEST))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c '$(IS_NEW_ENOUGH)' 2>/dev/null && echo "$$python" && break; done)

# A plain `pip install torch` on Linux brings gigabytes of CUDA. TORCH_INDEX is the URL of an index with other builds of
# the same version. Left out: on Linux without an NVIDIA driver PyTorch's own index of builds for CPUs, if it answers within
# three seconds; TORCH_INDEX= is none. It is looked for once, and only when something is installed.
CPU_BUILDS := https://download.pytorch.org/whl/cpu
ANSWERS := import signal, sys, urllib.request; signal.alarm(3); urllib.request.urlopen(sys.argv[1])
ifeq ($(origin TORCH_INDEX),undefined)
TORCH_INDEX = $(eval TORCH_INDEX := $(shell [ "$$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null \
	&& "$(PYTHON)" -c '$(ANSWERS)' $(CPU_BUILDS)/torch/ >/dev/null 2>&1 && echo $(CPU_BUILDS)))$(TORCH_INDEX)
endif
PIP_OPTIONS = --disable-pip-version-check --no-input $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

# Processes that share the tests, each with a sandbox and a Prefect server of its own: about 2 GB of memory each.
WORKERS ?= 3

# Of the tests that spoil answers: which sample `make test` plays; how many cells `make faults` plays (all), or which part
# of them, 2/8 is the second eighth: the whole takes hours.
export FAULT_SEED FAULT_SAMPLE FAULT_PART

# Of `make deploy`: what it is asked, the notification block (type/name), the folder of the two files.
export DRY_RUN PRUNE NOTIFICATION_BLOCK FILES

# Of `make fresh`: one more pin for pip, where the newest version of a package cannot be had: FRESH_PIN=torch==2.13.0
FRESH_PIN ?=

# Of `make probe`: which deployment of probe-cloud, sandbox unless it is set.
export CLOUD

# Of `make containers`: engine, Compose, base images, options of the build, a folder with Prefect's charts.
export ENGINE COMPOSE PYTHON_IMAGE POSTGRES_IMAGE REDIS_IMAGE BUILD_OPTIONS CHARTS

# Tests that need programs of their own: Chromium, PostgreSQL, Redis. `.ci/run` installs these.
SERVERS := tests/notify tests/postgres tests/schedule
OPERATION := tests/browser $(SERVERS)

BENCHES ?= critical_path waiting upload indexing demo resync noop sync_memory check_data training embedding long_wait lift

.PHONY: help demo demo-lifecycle demo-tuning up down deploy probe containers fresh test coverage test-operation test-browser test-servers faults screenshots docs check bench clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

demo: $(VENV)/with-sandbox ## the whole stack on this machine, the flow through it, and the answer
	@$(BIN)/python -m local demo

demo-lifecycle: $(VENV)/with-sandbox ## a stack's life: a new document, a version refused, rollback, suspend, resume, teardown
	@$(BIN)/python -m local demo-lifecycle

demo-tuning: $(VENV)/with-sandbox ## an embedder tuned on raw lines, judged against its base, published when better
	@$(BIN)/python -m local demo-tuning

up: $(VENV)/with-sandbox ## sandbox, Prefect server, worker and deployments in the background
	@$(BIN)/python -m local up

down: ## end what `make up` started
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local down; else echo "Nothing is up."; fi

deploy: $(VENV)/with-sandbox ## deployments.yaml and automations.yaml to PREFECT_API_URL; DRY_RUN=1 only says, PRUNE=1 deletes
	@$(BIN)/python -m local deploy

probe: $(VENV)/with-sandbox ## what is assumed of a cloud, compared with its answers; CLOUD=cloudru or yandex after make up
	@$(BIN)/python -m local probe

containers: $(VENV)/with-containers ## the image, deploy/compose.yaml and a flow in it, really run; the charts rendered. CHARTS=none: without
	@$(BIN)/python -m local.containers

fresh: ## into an empty environment without constraints, then the demonstration and `prefect deploy` there
	@"$(PYTHON)" -m local.fresh $(addprefix --pin ,$(FRESH_PIN)) $(addprefix --index ,$(TORCH_INDEX))

test: $(VENV)/with-test ## every test but those of test-operation
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(addprefix --ignore=,$(OPERATION))

coverage: $(VENV)/with-test ## the same, and which share of lines and branches they reach; TESTS=tests/domain: of these alone
	@rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest -n $(WORKERS) --dist worksteal $(TESTS) $(addprefix --ignore=,$(OPERATION))
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report

test-operation: test-browser test-servers ## both of these, which may also run side by side

test-browser: $(VENV)/with-test ## the UI in Chromium
	$(BIN)/python -m pytest --timeout 900 tests/browser

test-servers: $(VENV)/with-test ## schedules, servers on PostgreSQL, notifications
	$(BIN)/python -m pytest --timeout 900 $(SERVERS)

faults: $(VENV)/with-test ## every answer to every flow spoilt in every way, hours: the table of bench/RESULTS.md. FAULT_PART=2/8: an eighth
	FAULTS=all $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests/faults

screenshots: $(VENV)/with-test ## docs/screenshots, made anew by the tests that drive the UI in Chromium
	$(BIN)/python -m pytest tests/browser --pictures docs/screenshots

docs: $(VENV)/with-test ## the lists in docs/ that come from the code, written anew
	@$(BIN)/python -m docs

check: $(VENV)/with-check ## ruff, pyright in strict mode, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright

bench: $(VENV)/with-bench ## measure, and print the tables; BENCHES="waiting demo" runs only these
	@set -e; for bench in $(BENCHES); do echo "== $$bench"; $(BIN)/python -m bench.$$bench; done

clean: down ## remove the data of the local stack, not the environment
	rm -rf -- "$${LOCAL_DIR:-.local}"

# What is installed with a larger set is not installed again: SMALLER are the sets that it holds.
$(VENV)/with-sandbox: EXTRAS := sandbox
$(VENV)/with-containers: EXTRAS := sandbox,containers
$(VENV)/with-containers: SMALLER := sandbox
$(VENV)/with-test: EXTRAS := sandbox,test
$(VENV)/with-test: SMALLER := sandbox
$(VENV)/with-bench: EXTRAS := sandbox,test,bench
$(VENV)/with-bench: SMALLER := sandbox test
$(VENV)/with-check: EXTRAS := sandbox,test,check,bench,containers
$(VENV)/with-check: SMALLER := sandbox containers test bench

$(VENV)/with-%: Makefile pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing .[$(EXTRAS)] into $(VENV)$(if $(wildcard $(VENV)/with-*),,: minutes the first time)"
	@$(BIN)/python -m pip install $(PIP_OPTIONS) $(if $(CI)$(wildcard $(VENV)/with-*),--quiet) \
		--no-compile -c constraints.txt -e '.[$(EXTRAS)]' || { \
		echo "make: installing failed; pip says above why. Then run make again" >&2; exit 1; }
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true # on every processor, where pip compiles on one, for a minute
	@touch $@ $(addprefix $(VENV)/with-,$(SMALLER))

$(BIN)/python:
	@if [ -z "$(PYTHON)" ] || ! "$(PYTHON)" -c '$(IS_NEW_ENOUGH)'; then \
		echo "make: Python 3.11 or newer is needed; install it, or name it: make PYTHON=/path/to/python3" >&2; exit 1; fi
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "make: python -m venv failed; on Debian and Ubuntu install the package python3-venv" >&2; exit 1; }
