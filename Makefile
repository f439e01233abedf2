# Every target sets up what it needs, once. `make help` lists them.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
# A chapter runs in one thread: matrix products of this size gain nothing from more, and sums keep their order.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export PYTHONHASHSEED := 0

.PHONY: help book serve test prove lint format release grade bundle demo bench train clean

help:  ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

# The environment is set up again only when the pins change.
$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	  || { echo "make: Python 3.11 to 3.13 is needed, $(PYTHON) is not: install one, or name it with PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "make: Python's venv module is missing: install it (Debian and Ubuntu: apt install python3-venv)" >&2; exit 2; }
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

book: $(READY)  ## build the site into _build/html (warnings and failing cells are errors)
	$(VENV)/bin/jupyter-book build book --config _config.yml --toc $(CURDIR)/_toc.yml --path-output . \
	  --all --quiet -W -n --keep-going

serve: book  ## build the site and open it on http://127.0.0.1:8000
	@(sleep 1; $(RUN) -m webbrowser -n http://127.0.0.1:8000 >/dev/null 2>&1) &
	$(RUN) -m http.server --bind 127.0.0.1 --directory _build/html 8000

test: $(READY) lint  ## everything that proves the project right
	$(RUN) -m autograder release --check
	$(RUN) -m autograder check
	$(RUN) -m pytest

prove: $(READY)  ## try every mutant of every printed equation, and print the score of each chapter
	$(RUN) -m pytest book/tests/test_mutants.py --all-mutants

lint: $(READY)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) book/_ext/format_cells.py --check

format: $(READY)  ## format all code, the chapters' cells included
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .
	$(RUN) book/_ext/format_cells.py

release: $(READY)  ## write exercises/ from solutions/
	$(RUN) -m autograder release

COURSE ?= ../course
grade: $(READY)  ## grade the course folder COURSE (../course)
	$(RUN) -m autograder grade --course $(COURSE)

bundle: $(READY)  ## pack what students get into _build/bundle.zip
	$(RUN) -m autograder bundle _build/bundle.zip

demo: $(READY)  ## a sample class, graded end to end, in _build/demo
	$(RUN) -m autograder demo

# PyTorch is large and only measured against, so the benchmark has an environment of its own.
BENCH := .venv-bench
$(BENCH)/.ready: $(READY) book/bench/requirements.txt
	@test -x $(BENCH)/bin/python || $(RUN) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -c requirements.txt -r book/bench/requirements.txt
	@touch $@

bench: $(BENCH)/.ready  ## measure, and write book/data/bench.json
	$(BENCH)/bin/python -m pytest book/bench -q --benchmark-columns=min,median,rounds --benchmark-group-by=group
	$(RUN) -m autograder.bench

train: $(READY)  ## train the networks of chapters 14 and 16 again, and write their results to book/data (half an hour)
	$(RUN) book/data/train_faces.py
	$(RUN) book/data/train_harmonic.py

clean:  ## remove everything that can be made again, but not the environment
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
