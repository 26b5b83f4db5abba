# make demo, make test and make bench are all a newcomer needs: Python 3.11 or newer, nothing else.
# Each makes its own virtual environment from requirements.lock with uv, itself installed by pip.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
TEST_STAMP := $(VENV)/.test-installed

.PHONY: demo test bench lint lock words clean help

help:
	@echo "make demo    the whole main job on the sample series, into demo/"
	@echo "make test    lint, types, design rules and tests"
	@echo "make bench   figures: speed, memory, accuracy"
	@echo "make words   collect the studio's words for translation"
	@echo "make lock    renew requirements.lock and requirements-dev.lock"

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit("smallscreen needs Python 3.11 or newer; set PYTHON=python3.x") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

$(STAMP): $(BIN)/uv requirements.lock pyproject.toml
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps -e .
	@touch $@

$(TEST_STAMP): $(STAMP) requirements-dev.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(STAMP)
	@$(BIN)/python -m smallscreen.cli.demo demo

lint: $(TEST_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

bench: $(TEST_STAMP)
	$(BIN)/python -m bench

STUDIO := src/smallscreen/studio
words: $(TEST_STAMP)
	@mkdir -p build
	$(BIN)/pybabel --quiet extract -F babel.cfg -k t --sort-output --no-location -w 110 --omit-header -o build/studio.pot $(dir $(STUDIO))
	$(BIN)/pybabel --quiet update -i build/studio.pot -d $(STUDIO)/locale -D studio -l zh_Hans -N --ignore-obsolete --ignore-pot-creation-date -w 110
	@rm build/studio.pot

lock: $(BIN)/uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --python-version 3.11 --group dev --extra local-llm --extra postgres --extra production --extra credentials --extra ocr --extra listen --extra dub pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) demo build dist
