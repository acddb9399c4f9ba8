# make demo   set up an environment and run the main job on the bundled corpora
# make test   set up an environment and run every check: lint, types, layers, doctests, tests
# make lint   the checks without the tests;  make bench   the benchmarks, on an idle machine
# make docs   the documentation as a site in docs/_build/html;  make fuzz   ten minutes for every reader
# make slow   the long tests;  make notebooks   write the course's contents, run the notebooks, keep their output

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
RUNS ?= runs/demo
TEXTKIT := $(BIN)/textkit

.PHONY: demo test lint docs bench fuzz slow notebooks clean

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,tensorboard]'
	touch $@

demo: $(VENV)/installed
	sh demo.sh $(TEXTKIT) $(RUNS)

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pip check

test: lint
	$(BIN)/pytest -n auto --dist loadgroup -m "not slow"

docs: $(VENV)/installed-test
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

fuzz: $(VENV)/installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fuzz]'
	$(BIN)/python tests/fuzz/run.py --minutes 10

slow: $(VENV)/installed-test
	$(BIN)/pytest -m slow

bench: $(VENV)/installed-test
	$(BIN)/python benchmarks/all.py

notebooks: $(VENV)/installed-test
	$(BIN)/python notebooks/course/contents.py
	$(BIN)/jupytext --quiet --to ipynb notebooks/*.py
	$(BIN)/jupyter execute --inplace notebooks/*.ipynb

clean:
	rm -rf $(VENV) $(RUNS) build dist
