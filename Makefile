# make run: everything, on phantoms. make test: lint, types and the fast tests. Both set up what they need.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadfile
PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)

.PHONY: run test test-slow bench coverage lint setup lock clean

run: setup
	@rm -rf runs/phantom
	@$(BIN)/cxr510k run --out runs/phantom; code=$$?; \
	if [ $$code -gt 1 ]; then exit $$code; fi; \
	echo "make run: done, cxr510k run ended with $$code (0 the goals are met, 1 they are not or it is inconclusive)"

test: setup lint
	$(PYTEST) -m "not slow"

test-slow: setup
	$(PYTEST) -m slow --durations=15

bench: setup
	$(BIN)/python -m tests.benchmarks.statistics
	$(BIN)/python -m tests.benchmarks.images

# One core, about an hour; stopped, it goes on where it was. Idle threads of BLAS would wait by spinning.
coverage: setup
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.coverage

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

setup: $(READY)

$(READY): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "no Python 3.11, 3.12 or 3.13 found; install one of them and its venv module."; exit 3; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) cannot make a virtual environment; \
	on Debian or Ubuntu: apt-get install -y python3-venv"; exit 3; }
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/cxr510k doctor || $(MAKE) --no-print-directory libraries
	@touch $(READY)

libraries:
	@line=$$($(BIN)/cxr510k doctor | tail -n 1); \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then sh -c "$$line" >/dev/null && $(BIN)/cxr510k doctor; \
	else echo "run this line with the rights to install, then make again: $$line"; exit 3; fi

LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --upgrade --quiet

lock:
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra dev --constraint requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) runs build dist
