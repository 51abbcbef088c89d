# Perennial. Type `make` to see what there is. Every target sets up what it needs in .venv first;
# nothing is assumed but Python 3.11, git and make.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
VAR := $(if $(PERENNIAL_VAR),$(PERENNIAL_VAR),var)
CONFIG ?= configs/online_retail.toml
PACKAGES := features models train serve

# No telemetry.
export BENTOML_DO_NOT_TRACK := True
export MLFLOW_DISABLE_TELEMETRY := true
export OTEL_SDK_DISABLED := true
export BENTOML_HOME := $(abspath $(VAR))/bentoml
# Threads that wait spin by default, and algebra of four numbers is not worth any.
export OMP_WAIT_POLICY := PASSIVE
export OPENBLAS_NUM_THREADS := 1
export PYTHONUNBUFFERED := 1
# Compiled modules save ten seconds a command.
unexport PYTHONDONTWRITEBYTECODE

# ---------------------------------------------------------------------------------------- set-up

UV_READY := $(VENV)/.uv-ready
RUN_READY := $(VENV)/.run-ready
DEV_READY := $(VENV)/.dev-ready

# The first of these that is Python 3.11; `make PYTHON=/path/to/python3.11 ...` puts another first.
PYTHONS := $(PYTHON) python3.11 python3 python

$(VENV)/.made:
	@for each in $(PYTHONS); do \
	  if $$each -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then \
	    $$each -m venv $(VENV) && touch $@ && exit 0; \
	    echo "$$each could not make $(VENV): install the venv module of Python 3.11 (on Debian: python3.11-venv)" >&2; \
	    exit 1; \
	  fi; \
	done; \
	echo "Perennial needs Python 3.11, and neither python3.11 nor python3 is that: install it, or type make PYTHON=/path/to/python3.11" >&2; \
	exit 1

# uv installs in seconds what takes pip minutes. Where it cannot be had, pip does the work.
$(UV_READY): requirements/uv.txt $(VENV)/.made
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< \
	  || echo "uv is not to be had: pip installs instead, which takes a few minutes"
	@touch $@

# Every package is pinned and checked against its hash.
define install
@echo "Installing the pinned packages of requirements/$(1).txt into $(VENV) (about 800 MB, once)"
@{ test -x $(BIN)/uv && $(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python --require-hashes -r $<; } \
  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
@touch $@
endef

$(RUN_READY): requirements/run.txt $(UV_READY)
	$(call install,run)

$(DEV_READY): requirements/dev.txt $(UV_READY)
	$(call install,dev)

# ------------------------------------------------------------------------------------- what to do

.PHONY: help demo serve ui inspect train score report backtest leaderboard telco release bench-serve bench-intake intake-cases soak test test-installs test-newest test-oldest coverage audit pins clean

help: ## this list
	@echo "Perennial: what each customer will be worth."
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'
	@echo
	@echo "Next: make demo"

# Train, score with the model that was just registered, report it as one page; all in $(FOLDER).
LAST = "models:/clv/$$($(BIN)/python -c 'import json; print(json.load(open("$(FOLDER)/train.json"))["version"])')"
define story
@mkdir -p $(FOLDER)
@echo "== 1 of 3: train on $(ON)"
@$(BIN)/python -m train --config $(STORY) > $(FOLDER)/train.json
@echo
@echo "== 2 of 3: score $(WHOM) with the model that was just registered"
@$(BIN)/python -m serve score --config $(STORY) --model $(LAST) --out $(FOLDER)/scores.parquet \
  --features-out $(FOLDER)/features.parquet --store "sqlite:///$(abspath $(FOLDER))/scores.db" > $(FOLDER)/scores.json
@echo
@echo "== 3 of 3: report it as one page"
@$(BIN)/python -m train report --config $(STORY) --model $(LAST) --out $(FOLDER)/report.html > $(FOLDER)/report.json
@echo
endef

demo: STORY := configs/online_retail.toml
demo: FOLDER := $(VAR)
demo: ON := two years of a gift shop's invoices
demo: WHOM := every customer
demo: $(RUN_READY) ## train on the sample data, compare, register, score every customer, report
	$(story)
	@echo "Written to $(VAR)/: report.html, scores.parquet (one row per customer; scores.db for look-ups), features.parquet (what they were scored on),"
	@echo "train.json, scores.json, report.json (what the commands returned), mlflow.db and artifacts (the runs)."
	@echo
	@echo "Next:"
	@echo "  the report      $(abspath $(VAR))/report.html, in any browser"
	@echo "  make serve      every customer on a page, and the API, at http://127.0.0.1:3000"
	@echo "  make ui         compare the runs in MLflow, at http://127.0.0.1:5000"

# Another kind of customers, and so a folder of its own.
telco: export PERENNIAL_VAR := $(if $(PERENNIAL_VAR),$(PERENNIAL_VAR),var/telco)
telco: STORY := configs/telco.toml
telco: FOLDER = $(PERENNIAL_VAR)
telco: ON := 7,043 subscribers, of whom 1,869 have left
telco: WHOM := every subscriber
telco: $(RUN_READY) ## subscriptions: train on a telephone company's customers, score, report (in var/telco)
	$(story)
	@echo "Next: open $(abspath $(PERENNIAL_VAR))/report.html, make serve PERENNIAL_VAR=$(PERENNIAL_VAR), or make ui PERENNIAL_VAR=$(PERENNIAL_VAR)"

# A sentence instead of a traceback where something else listens already.
define port_is_free
@$(BIN)/python -c "import socket; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1', $(PORT)))" 2>/dev/null \
  || { echo "Port $(PORT) is in use: choose another one, for example make $@ PORT=$$(($(PORT) + 1))" >&2; exit 1; }
endef

serve: PORT ?= 3000
serve: $(RUN_READY) ## answer requests on 127.0.0.1 (PORT=3000)
	@if [ -z "$$PERENNIAL_MODEL$$MLFLOW_TRACKING_URI" ] && [ ! -e $(VAR)/mlflow.db ] && [ ! -e $(VAR)/last_good ]; then \
	  echo "There is no model yet in $(VAR)/: type make demo first" >&2; exit 1; fi
	$(port_is_free)
	@echo "The page: http://127.0.0.1:$(PORT)    Ctrl-C stops. From another terminal, in this folder:"
	@echo "  curl -s http://127.0.0.1:$(PORT)/predict -H 'Content-Type: application/json' -d @docs/request.json"
	@exec $(BIN)/bentoml serve serve.service:ClvService --host 127.0.0.1 --port $(PORT)

ui: PORT ?= 5000
ui: $(RUN_READY) ## compare the runs in MLflow on 127.0.0.1 (PORT=5000)
	@case "$$MLFLOW_TRACKING_URI" in \
	  http*) echo "MLFLOW_TRACKING_URI names a server that is running: open its address in a browser" >&2; exit 1;; \
	  "") [ -e $(VAR)/mlflow.db ] || { echo "There are no runs yet in $(VAR)/: type make demo first" >&2; exit 1; };; \
	esac
	$(port_is_free)
	@echo "MLflow: http://127.0.0.1:$(PORT)    in a few seconds; Ctrl-C stops it."
	@echo "It may open in its GenAI view: the switch at the top left, \"Model training\", leads to the runs."
	@echo "Open an experiment, then [+] beside a clv run: its churn and spend runs are inside."
	@exec env MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false PYTHONWARNINGS=ignore:::mlflow.server.fastapi_app \
	  $(BIN)/mlflow ui --host 127.0.0.1 --port $(PORT) --workers 1 --uvicorn-opts "--log-level warning" \
	  --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///$(VAR)/mlflow.db}"

inspect: OUT ?= configs/mine.toml
inspect: $(RUN_READY) ## propose a configuration for your own data (FILE=orders.csv OUT=configs/mine.toml)
	@test -n "$(FILE)" || { echo "Name your data: make inspect FILE=orders.csv" >&2; exit 1; }
	@$(BIN)/python -m features inspect "$(FILE)" --out "$(OUT)"
	@echo "Next: read $(OUT), then make train CONFIG=$(OUT)"

train: $(RUN_READY) ## train, evaluate, log and register both models (CONFIG=configs/online_retail.toml)
	@$(BIN)/python -m train --config $(CONFIG)
	@echo "Next: make score CONFIG=$(CONFIG), or make ui"

score: OUT ?= $(VAR)/scores.parquet
score: $(RUN_READY) ## score every customer (CONFIG=configs/online_retail.toml OUT=var/scores.parquet)
	@$(BIN)/python -m serve score --config $(CONFIG) --out $(OUT) --store "sqlite:///$(abspath $(VAR))/scores.db"
	@echo "Next: look into $(OUT), or make serve"

report: $(RUN_READY) ## the champion's customers and their value as one page (CONFIG=configs/online_retail.toml)
	@$(BIN)/python -m train report --config $(CONFIG) --out $(VAR)/report.html
	@echo "Next: open $(abspath $(VAR))/report.html"

backtest: $(RUN_READY) ## evaluate the model beside baselines on past horizons of the sample data
	@mkdir -p $(VAR)
	@for each in $(BACKTESTS); do \
	  set -- $$(echo $$each | tr ':' ' '); \
	  echo "== $$1, $$3 days" >&2; \
	  $(BIN)/python -m train backtest --config configs/$$1.toml --origins $$2 --horizon-days $$3 \
	    --out $(VAR)/backtest-$$1-$$3.json > /dev/null || exit 1; \
	done
	@$(BIN)/python benchmarks/accuracy.py $(foreach each,$(BACKTESTS),$(call backtest_report,$(each)))
	@echo "Next: make ui, or look into $(VAR)/backtest-*.json" >&2

# Rivals are installed into $(VAR)/rivals, and never into $(VENV).
leaderboard: $(RUN_READY) ## Perennial beside rivals on past horizons, into docs/accuracy.md (LOGS=configs/mine.toml)
	@$(BIN)/python -m benchmarks.leaderboard $(LOGS) $(if $(LOGS),,--page docs/accuracy.md)
	@echo "Next: open $(abspath $(VAR))/leaderboard/leaderboard.html, or make ui" >&2

# config:origins:days
BACKTESTS := online_retail:3:90 cdnow:3:90 cdnow:1:273 complete_journey:3:90
backtest_report = $(VAR)/backtest-$(word 1,$(subst :, ,$(1)))-$(word 3,$(subst :, ,$(1))).json

release: OUT ?= $(VAR)/release
release: $(RUN_READY) ## a Bento with model and code that needs no MLflow (OUT=var/release)
	@$(BIN)/python -m serve release --out $(OUT)
	@echo "Next: $(BIN)/bentoml serve $(OUT) --port 3000"

bench-serve: $(RUN_READY) ## what serving costs, beside what else there is: one table, in five minutes
	@$(BIN)/python -m benchmarks.bench_serve
	@echo "Next: docs/serving.md says what is compared" >&2

bench-intake: N ?= 2000000
bench-intake: $(RUN_READY) ## what reading, cleaning and the features cost (N=2000000 rows)
	@$(BIN)/python -m benchmarks.bench_intake $(N)
	@echo "Next: PERENNIAL_MEMORY bounds what reading takes" >&2

intake-cases: $(RUN_READY) ## every case of a folder, judged: read right, refused, or worse (CASES=folder)
	@$(BIN)/python -m benchmarks.intake_cases $(CASES)
	@echo "Next: docs/configuration.md says what each key is for" >&2

soak: $(RUN_READY) ## the service under load and faults, every reply checked, in fifteen minutes
	@$(BIN)/python -m benchmarks.soak
	@echo "Next: docs/reliability.md says what is promised, and which fault shows it" >&2

# Types are checked while the tests run; mypy's cache is shared by all checkouts of this user.
test: export MYPY_CACHE_DIR := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/perennial/mypy
test: $(DEV_READY) ## the gate: format, lint, types, tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@types_log=$$(mktemp); trap 'kill $$types 2>/dev/null; rm -f "$$types_log"; exit 130' INT TERM; \
	$(BIN)/mypy --strict $(PACKAGES:%=-p %) > "$$types_log" 2>&1 & types=$$!; \
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --durations 10; tests=$$?; \
	wait $$types; typed=$$?; cat "$$types_log"; rm -f "$$types_log"; \
	exit $$((tests > 0 ? tests : typed))
	@echo "The gate is passed. Next: make demo, or git commit"

# What is too slow for the gate: three environments, and MLflow's own commands.
test-installs: $(DEV_READY) ## the wheel in clean environments of each Python, MLflow's commands (about ten minutes)
	@$(BIN)/python -m pytest -m slow --durations 10
	@echo "Next: docs/installing.md says what was tried"

# The suite with the oldest and the newest packages that pyproject.toml allows; TESTS=tests/models for a part of it.
# The newest need the newest Python: make test-newest NEWEST_PYTHON=/path/to/python3.13
NEWEST_PYTHON ?= python3.13
OLDEST_PYTHON ?= $(BIN)/python
TESTS ?= tests
define bounds
@test -x $(BIN)/uv || { echo "$@ needs uv, which could not be installed into $(VENV)" >&2; exit 1; }
@$(2) -c '' 2>/dev/null || { echo "$(2) is not there: name another Python, for example make $@ $(4)=/path/to/python3.12" >&2; exit 1; }
@$(BIN)/uv venv --quiet --clear --no-python-downloads --python $(2) $(VENV)-$(1)
@$(BIN)/uv pip compile --quiet --system-certs --python $(VENV)-$(1)/bin/python --no-annotate --no-header --only-binary :all: \
  --extra train --resolution $(3) -o $(VENV)-$(1)/packages.txt pyproject.toml
@$(BIN)/uv pip compile --quiet --system-certs --python $(VENV)-$(1)/bin/python --no-annotate --no-header --only-binary :all: \
  --extra train --extra dev -c $(VENV)-$(1)/packages.txt -o $(VENV)-$(1)/all.txt pyproject.toml
@$(BIN)/uv pip install --quiet --system-certs --python $(VENV)-$(1)/bin/python -r $(VENV)-$(1)/all.txt
@$(VENV)-$(1)/bin/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(TESTS)
endef

test-newest: $(DEV_READY) ## the tests with the newest packages that are allowed (NEWEST_PYTHON=python3.13 TESTS=tests)
	$(call bounds,newest,$(NEWEST_PYTHON),highest,NEWEST_PYTHON)
	@echo "Next: make test, which takes the pinned packages"

test-oldest: $(DEV_READY) ## the tests with the oldest packages that are allowed (OLDEST_PYTHON=python3.11 TESTS=tests)
	$(call bounds,oldest,$(OLDEST_PYTHON),lowest-direct,OLDEST_PYTHON)
	@echo "Next: make test, which takes the pinned packages"

coverage: $(DEV_READY) ## the tests again, with the branches that they miss
	@$(BIN)/python -m pytest --cov --cov-report=term-missing:skip-covered
	@echo "Next: make test"

audit: $(DEV_READY) ## look the pinned packages up in the advisories (needs pypi.org)
	@$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements/run.txt
	@echo "Next: make test"

pins: $(DEV_READY) ## compile the pins anew from pyproject.toml (UPGRADE=--upgrade for the newest)
	@$(BIN)/uv pip compile --quiet $(PIN) $(UPGRADE) --extra train --extra dev -o requirements/dev.txt pyproject.toml
	@$(BIN)/uv pip compile --quiet $(PIN) -c requirements/dev.txt --extra train -o requirements/run.txt pyproject.toml
	@$(BIN)/uv pip compile --quiet $(PIN) -c requirements/dev.txt -o requirements/serve.txt pyproject.toml
	@echo uv | $(BIN)/uv pip compile --quiet $(PIN) -c requirements/dev.txt -o requirements/uv.txt -
	@echo "Next: git diff --stat requirements, then make test"
PIN := --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make pins"

clean: ## remove .venv and caches; keep var/ (your runs and models)
	rm -rf $(VENV) $(VENV)-newest $(VENV)-oldest build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
	find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Your runs, models and scores are still in $(VAR)/. Next: make demo"
