# What a machine needs for all of this: Python 3.11 to 3.13 with pip, and make.

PYTHON ?= python3
comma := ,
N ?= 200
PY := .venv/bin/python
UV := .venv/bin/uv
OPTIONAL := sqs pubsub tracing kafka nats
PIP = $(PYTHON) -m pip --python $(PY) install --quiet --disable-pip-version-check
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

# A laptop's default. DEBUG in the environment or the settings file takes precedence.
up doctor order orders: export DEBUG_UNLESS_SET = 1

.DEFAULT_GOAL := help
.PHONY: help up doctor install order orders test test-live test-browser test-brokers test-outlets test-compose chaos chaos-faults chaos-controls bench bench-profile screenshots lint messages sbom lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: .venv/.runtime ## Set everything up and start the whole shop; Ctrl-C stops it
	@exec $(PY) manage.py up

doctor: .venv/.runtime ## Check what a start needs, with the way out for what is missing
	@exec $(PY) manage.py doctor

install: $(patsubst %,.venv/.%,$(subst $(comma), ,$(EXTRAS))) ## Install what only some shops need (EXTRAS=sqs)
	@test -n "$(EXTRAS)" || { echo "Name them: make install EXTRAS=$(firstword $(OPTIONAL)). There are: $(OPTIONAL)."; exit 1; }

order: .venv/.runtime ## Place one order on the running shop and follow its deliveries
	@exec $(PY) manage.py order

orders: .venv/.runtime ## Place N=200 orders on the running shop and count their deliveries
	@exec $(PY) manage.py order $(N)

test: .venv/.dev ## Run the tests that start no shop on SQLite, then on PostgreSQL where it is installed (ARGS for pytest)
	@exec $(PY) -m tests $(ARGS)

test-live: .venv/.dev ## Run the tests that start the shop's own processes (ARGS for pytest)
	@exec $(PY) -m tests --run live $(ARGS)

test-browser: .venv/.dev ## Run the tests in a browser, which needs Chromium (ARGS for pytest)
	@exec $(PY) -m tests --run browser $(ARGS)

test-brokers: .venv/.dev ## Run the shop on each broker it supports, under load and faults (BROKERS=rabbitmq,unix QUICK=1)
	@exec $(PY) -m tests.brokers $(if $(BROKERS),--brokers $(BROKERS)) $(if $(QUICK),--quick) $(if $(DATABASE),--database $(DATABASE))

test-outlets: .venv/.dev ## Forward events to each destination, whose servers are killed meanwhile (ARGS for pytest)
	@exec $(PY) -m pytest --quiet tests/outlets $(ARGS)

test-compose: .venv/.dev ## Run the whole shop in containers by docker-compose.yml; needs an engine with Compose 2
	@docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1 || { \
		echo "There is no container engine with Compose 2: docker info must answer. See docs/deploy.md."; exit 1; }
	@exec $(PY) -m pytest --quiet tests/containers $(ARGS)

chaos: .venv/.dev ## Inject faults into a shop under load, then count orders and effects (SEED, MINUTES, FAULTS, DATABASE, BROKER)
	@exec $(PY) -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) \
		$(if $(RATE),--rate $(RATE)) $(if $(FAULTS),--faults $(FAULTS)) \
		$(if $(DATABASE),--database $(DATABASE)) $(if $(BROKER),--broker $(BROKER))

chaos-faults: .venv/.dev ## List every fault of a campaign, with its recovery bar
	@exec $(PY) -m tests.chaos --list

chaos-controls: .venv/.dev ## Break the bus on purpose, and verify that the campaign's checker notices
	@exec $(PY) -m tests.chaos.controls

bench: .venv/.dev ## Measure the shop beside its rivals, and judge each bar (QUICK=1, PART=shops, bus, pace, pages or console, DELIVERIES=10000000; needs PostgreSQL)
	@exec $(PY) -m bench $(if $(QUICK),--quick) $(if $(PART),--part $(PART)) $(if $(DELIVERIES),--deliveries $(DELIVERIES))

bench-profile: .venv/.dev ## Show where the time of an order goes, by step and by library
	@exec $(PY) -m bench.profiling

screenshots: .venv/.dev ## Take a picture of every page, light and dark, wide and narrow (ONLY=cart, LOCALE=de-DE, README=1)
	@exec $(PY) -m tests.screenshots $(if $(README),--readme) $(if $(ONLY),--only $(ONLY)) $(if $(LOCALE),--locale $(LOCALE))

lint: .venv/.dev ## Check style, types and import rules
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	SECRET_KEY=lint $(PY) -m mypy
	.venv/bin/lint-imports

messages: .venv/.dev ## Extract the texts for customers, compile the translations, and list what is missing
	@$(PY) -m tests.translations

sbom: .venv/.dev ## Write sbom.json: what requirements.txt pins, as CycloneDX
	@$(PY) -m cyclonedx_py requirements requirements.txt --output-format JSON --output-reproducible --validate --output-file sbom.json

lock: .venv/.dev ## Rewrite the hash-pinned requirements (UPGRADE=1 for newer versions)
	$(LOCK) pyproject.toml --group shop -o requirements.txt
	$(LOCK) pyproject.toml --group shop --group dev $(OPTIONAL:%=--group %) -c requirements.txt -o requirements-dev.txt
	for extra in $(OPTIONAL); do $(LOCK) --group $$extra -c requirements-dev.txt -o requirements-$$extra.txt || exit 1; done
	grep -o '^uv==[0-9.]*' requirements-uv.txt | $(LOCK) - -o requirements-uv.txt

clean: ## Remove .venv, caches and var/ (the demo's database, mail and documents)
	@$(PYTHON) -c 'import sys; from pathlib import Path; from config.local.lock import checkout_in_use; \
		sys.exit("The shop runs from this folder; stop it first." if checkout_in_use(Path()) else 0)'
	rm -rf .venv var .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

# A .venv whose Python was removed or upgraded cannot be used.
ifneq ($(wildcard .venv),)
ifneq ($(shell .venv/bin/python -Ic 'import os, sysconfig; \
	print(os.path.isdir(sysconfig.get_path("purelib")))' 2>/dev/null),True)
$(info The Python that .venv was made with is gone; .venv is made anew.)
$(shell rm -rf .venv)
endif
endif

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "There is no $(PYTHON). Install Python 3.11, 3.12 or 3.13, or name one: make PYTHON=/path/to/python3.13"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
		echo "$$($(PYTHON) -V 2>&1) does not fit: the shop runs on Python 3.11 to 3.13. Name one: make PYTHON=/path/to/python3.13"; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { \
		echo "$(PYTHON) has no pip. On Debian: apt-get install python3-pip"; exit 1; }
	@$(PYTHON) -m venv --without-pip .venv

# uv installs in seconds what takes pip a minute. If it fails (a mirror that only pip is configured
# for), pip installs from the same hashes. Both trust the machine's certificates.
define install
	@echo "Installing $< into .venv ..."
	@test -x $(UV) || $(PIP) --require-hashes -r requirements-uv.txt || true
	@{ test -x $(UV) && $(UV) pip install --quiet --system-certs --python $(PY) --require-hashes -r $<; } || { \
		echo "uv could not install them; pip does it now."; \
		$(PIP) --require-hashes -r $<; } || { \
		echo "The packages cannot be installed: the package index does not answer, or has none for this Python (see above)."; \
		echo "Look whether there is a network, or name a mirror: PIP_INDEX_URL=https://... UV_DEFAULT_INDEX=https://... make"; \
		exit 1; }
	@touch $@
endef

.venv/.runtime: requirements.txt | .venv/bin/python
	$(install)

.venv/.%: requirements-%.txt | .venv/.runtime
	$(install)
