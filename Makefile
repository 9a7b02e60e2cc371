# Everything a contributor does, by name. `make` alone lists it. Nothing outside this folder is changed.

PYTHON ?= python3
AGAINST ?= origin/main
LOCKED := .venv/.locked
READY := .venv/.ready
SUITABLE := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))

# A Python that somebody named is the only candidate. Otherwise the first that really runs: version managers leave
# commands on PATH that only explain how to install them.
CANDIDATES := $(if $(filter file,$(origin PYTHON)),$(PYTHON) python3.13 python3.12 python3.11,$(PYTHON))

NO_PYTHON := make: none of these is Python 3.11, 3.12 or 3.13 with its venv module: $(CANDIDATES). \
	Install one (Debian: apt-get install python3-venv) or name yours: make setup PYTHON=/path/to/python3.12

UV := .venv/bin/uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

PYTEST := .venv/bin/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile

.DEFAULT_GOAL := help
.PHONY: help setup demo dev test test-all check contracts-diff review format bench engines cluster soak audit lambda lock clean FORCE

help: ## what you are reading
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(READY) ## make .venv with everything the project needs (Python 3.11 to 3.13; PYTHON=… picks one)

demo: setup ## land a shop's files in a local S3 and follow them to gold tables
	.venv/bin/dataops demo

dev: setup ## serve Dagster on this machine, sensors and schedules running
	.venv/bin/dataops dev

test: setup ## run every test that needs no cluster
	$(PYTEST) -m 'not cluster'

test-all: setup ## run every test, also those on a Spark cluster of this machine
	$(PYTEST)

check: setup ## what a change must pass besides its tests: format, lint, types, contracts, architecture
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/dataops contracts diff --check --allow-breaking
	.venv/bin/python -m pytest -q dataops_platform_tests/test_architecture.py

# Only lines that CHANGELOG.md gained since count: those of an earlier change agree to nothing.
contracts-diff: setup ## refuse a breaking change of contracts since AGAINST=origin/main that CHANGELOG.md does not tell
	@base=$$(git merge-base '$(AGAINST)' HEAD) || { echo 'make: there is no $(AGAINST) here to compare with: git fetch it' >&2; exit 1; }; \
	git cat-file -e "$$base:docs/contracts" 2>/dev/null || { echo "No contracts were exported at $(AGAINST)."; exit 0; }; \
	rm -rf build/against && mkdir -p build/against && git archive "$$base" docs/contracts | tar -x -C build/against && \
	git diff "$$base" -- CHANGELOG.md | sed -n 's/^+//p' > build/against/changelog.md && \
	.venv/bin/dataops contracts diff --against build/against/docs/contracts --agreed build/against/changelog.md

review: setup ## tell a reviewer in build/review.md what changed in contracts and definitions since AGAINST=origin/main
	deploy/review.sh '$(AGAINST)'

format: setup ## format the code, and mend what the linter can mend
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

bench: setup ## measure the platform against the baselines
	.venv/bin/python -m benchmarks

engines: setup ## fetch what DATAOPS_ENGINE=spark needs; Java 17 or newer has to be there
	.venv/bin/dataops engines install

cluster: engines ## run a Spark cluster on loopback for DATAOPS_ENGINE=connect, until Ctrl-C
	.venv/bin/dataops engines cluster

soak: setup ## kill a load of 5,000 files 200 times, and ask for the right tables (SEED=… repeats a run)
	.venv/bin/python -m dataops_platform_tests.soak $(if $(SEED),--seed $(SEED))

audit: setup ## what is shipped: known vulnerabilities, licences, and its bill of materials in build/sbom.json
	deploy/audit.sh

lambda: setup ## package the AWS Lambda function: dist/dataops-lambda.zip
	.venv/bin/python deploy/lambda/build.py dist/dataops-lambda.zip

lock: setup ## write the locked requirements anew (UPGRADE=--upgrade for the newest versions)
	$(COMPILE) $(UPGRADE) pyproject.toml --output-file requirements/runtime.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --extra dev --constraints requirements/runtime.txt --output-file requirements/dev.txt
	grep '^uv==' requirements/dev.txt | cut -d ' ' -f 1 \
	| $(COMPILE) $(UPGRADE) - --output-file requirements/bootstrap.txt

clean: ## remove .venv, caches and build results; tables and landed files stay
	rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Both stamps are written last. LOCKED holds this folder's name: a .venv that is half-made, was copied from elsewhere or lost
# its Python is made again. An unchanged one is not touched; only a changed lock asks a registry.
ifneq ($(shell test -x .venv/bin/python && cat $(LOCKED) 2>/dev/null),$(CURDIR))
$(LOCKED): FORCE
endif

$(LOCKED): requirements/bootstrap.txt requirements/dev.txt
	@test "$$(cat $@ 2>/dev/null)" = '$(CURDIR)' && .venv/bin/python -c '$(SUITABLE)' 2>/dev/null || { \
	for python in $(CANDIDATES); do "$$python" -c '$(SUITABLE)' >/dev/null 2>&1 && break; python=; done; \
	test -n "$$python" || { echo '$(NO_PYTHON)' >&2; exit 1; }; \
	echo "Setting up .venv with $$("$$python" -V): about 1.5 GB, and a minute or more the first time"; \
	"$$python" -m venv --clear .venv; }
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(UV) pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes --build-constraints requirements/dev.txt requirements/dev.txt
	@echo '$(CURDIR)' > $@

$(READY): $(LOCKED) pyproject.toml setup.py
	@$(UV) pip install --quiet --python .venv/bin/python --offline --no-deps --no-build-isolation --editable .
	@touch $@

FORCE:
