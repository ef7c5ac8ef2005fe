# `make run` and `make test` are the two that matter. All of it needs make, a POSIX shell and Python 3.11, no more.
.PHONY: help run test check reset month bench lock fix audit prepare

ARGS =
WORKERS = 2
ORDERS = 1000
BIN = .venv/bin

help: ## Show this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r a b; do printf '  make %-8s %s\n' "$$a" "$$b"; done

run: ## Start the whole shop on this machine (another port: make run PORT=8001)
	@exec tools/prepare run

test: ## Run every test on servers of its own (some: make test ARGS="tests/orders -q"; in one process: WORKERS=0)
	@exec tools/prepare test -n $(WORKERS) $(ARGS)

check: prepare ## What CI runs: format, lint, types, import contracts, migrations, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.testenv -- python -m tools.migrations
	$(MAKE) test

fix: prepare ## Format, and repair what the linter can repair
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

reset: prepare ## Forget everything kept under var/: the next start is the first one again
	@exec $(BIN)/python -m tools.run --reset

month: prepare ## Trade for a simulated month and compare every cent with Stripe's (another size: make month ORDERS=5000)
	@exec env ORDERS=$(ORDERS) $(BIN)/python -m tools.testenv -- $(BIN)/python -m pytest tests/money/test_month.py -q -s

bench: prepare ## Measure the shop against this machine's floor
	@exec $(BIN)/python -m tools.testenv -- python -m bench $(ARGS)

lock: prepare ## Lock requirements*.in with hashes into requirements*.txt (newer ones: make lock ARGS=--upgrade)
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url $(ARGS) requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url $(ARGS) requirements-dev.in -o requirements-dev.txt
	@exec tools/prepare

audit: prepare ## Ask the advisory service whether a locked package has a known hole (needs the network)
	$(BIN)/pip-audit --require-hashes --disable-pip -r requirements.txt

prepare:
	@exec tools/prepare
