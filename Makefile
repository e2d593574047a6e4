# Two commands on a fresh Debian 12: `make run` and `make test`. The others are for those who work on mailhub.
PYTHON := .venv/bin/python
CODE := mailhub tests bench

.PHONY: install install-test lint run test test-long check fuzz accuracy format lock bench bench-install clean

install:
	@scripts/install.sh run

install-test:
	@scripts/install.sh test

run: install
	@$(PYTHON) -m mailhub.ops.showcase

# Three at a time on two cores: most of the time a test waits for a hub, and not for the processor.
test: install-test lint
	@$(PYTHON) -m pytest -n 3 -m "not long" -q

test-long: install-test
	@$(PYTHON) -m pytest -n 2 -q

# The fast inner loop; what takes long on purpose (a megabyte of hostile text, bombs) is left to `make test`.
check: install-test lint
	@$(PYTHON) -m pytest -n auto -m unit -q -k "not megabyte and not 64_kib and not bomb and not octets_changed"

# Mutated files against every reader until Ctrl-C, or `make fuzz FUZZ_SECONDS=900`; findings lie in build/fuzz.
FUZZ_SECONDS := 0
fuzz: install-test
	@$(PYTHON) -m tests.fuzz --seconds $(FUZZ_SECONDS)

lint:
	@.venv/bin/ruff check $(CODE)
	@.venv/bin/ruff format --check -q $(CODE)
	@.venv/bin/mypy

format:
	@.venv/bin/ruff check --fix -q $(CODE)
	@.venv/bin/ruff format -q $(CODE)

# Needs uv; hashes of every file that may be installed, no address of a registry.
lock:
	uv pip compile -q --python /usr/bin/python3 --generate-hashes --no-header pyproject.toml --group build -o requirements.lock
	uv pip compile -q --python /usr/bin/python3 --generate-hashes --no-header pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock

bench-install: install-test
	@bench/install.sh

bench: bench-install
	@$(PYTHON) -m bench.relay --write-readme
	@$(PYTHON) -m bench.local --write-readme

# How well a labelled folder is recognised: make accuracy DIR=folder ARGS="--files --strict"
accuracy: install-test
	@$(PYTHON) -m bench.accuracy $(DIR) $(ARGS)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
