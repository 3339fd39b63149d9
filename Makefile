# Everything is one command, and each makes its own .venv first. Say `make help`.
PYTHON ?= python3
VENV   := .venv
LOCK   := requirements.lock
N      ?=
PRESET ?= wgan-gp
ARGS   ?=

bin   := $(VENV)/bin
ready := $(VENV)/ready
book  := _build/html/index.html

# One thread for each of two workers: as fast as two threads for one, and the numbers do not depend on the machine.
pytest := OMP_NUM_THREADS=1 $(bin)/python -m pytest

.PHONY: help book test test-latest train notebooks lab bench lock
help:                 ## say what there is
	@sed -n 's/^\([a-z-]*\): .*## /  make \1:/p' $(MAKEFILE_LIST) | awk -F: '{printf "%-20s%s\n", $$1, $$2}'

book: $(book)         ## build the book from its committed outputs, and say where to open it
	@echo "Open file://$(CURDIR)/$(book)"

# From nothing whenever a source has changed, so that no stale page stays. A build with a warning leaves no index.
.DELETE_ON_ERROR:
$(book): $(ready) _config.yml _toc.yml $(shell find book wgan_lib -type f ! -name '*.pyc' ! -path '*/.*')
	@rm -rf _build/html
	@$(bin)/jupyter-book build . --path-output . --all -W -q --keep-going
	@touch $@

test: book            ## lint, build the book, then test the library, the notebooks and the pages
	@$(bin)/ruff check . && $(bin)/ruff format --check .
	@$(pytest)

test-latest:          ## the same tests with the newest versions that requirements.txt allows
	@$(MAKE) test VENV=.venv-latest LOCK=requirements.txt

train: $(ready)       ## train on MNIST; PRESET=wgan-gp, and for options ARGS="--steps 1000"
	@$(bin)/python -m wgan_lib train $(PRESET) $(ARGS)

notebooks: $(ready)   ## run the notebooks and store what they show; N=path for one
	@$(bin)/python tools/notebooks.py $(N)

lab: $(ready)         ## open the book in JupyterLab
	@$(bin)/jupyter lab book

bench: $(ready)       ## measure the training loop beside the one that tutorials show
	@$(bin)/python -m wgan_lib bench $(ARGS)

lock: $(ready)        ## choose new versions for requirements.lock
	@$(bin)/pip install --quiet uv
	@cd $(CURDIR) && UV_CUSTOM_COMPILE_COMMAND="make lock" $(bin)/uv pip compile --quiet --upgrade --universal \
		--python-version 3.10 --no-emit-index-url requirements.txt --output-file requirements.lock

# The stamp is written last, so a first installation that was interrupted is made again from the start.
$(ready): $(LOCK) pyproject.toml
	@[ -e $@ ] || { $(PYTHON) tools/preflight.py && rm -rf $(VENV) && $(PYTHON) -m venv $(VENV); }
	@echo "Installing $(LOCK) into $(VENV): a few minutes, once"
	@$(bin)/python -m pip install --quiet --disable-pip-version-check -r $(LOCK)
	@$(bin)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
