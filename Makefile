# Everything is one command, and each makes its own environment first. Say `make help`.
PYTHON ?= python3
VENV   := .venv
LOCK   := requirements.lock
N      ?=
PRESET ?= wgan-gp
ARGS   ?=

ifneq ($(words $(VENV)),1)
$(error VENV is one folder, and there is no space in its name)
endif

bin   := $(VENV)/bin
ready := $(VENV)/ready
book  := _build/html/index.html

# Colab's versions exist for these Pythons; its own first. A name that pyenv knows may run nothing, so each is asked.
COLAB_PYTHON ?= $(shell for python in python3.13 $$HOME/.pyenv/versions/3.13*/bin/python python3.12 python3.11 $(PYTHON); \
	do $$python -c "import sys; exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" 2> /dev/null && echo $$python && break; done)

# One thread for each of two workers: as fast as two threads for one, and the numbers do not depend on the machine.
pytest := OMP_NUM_THREADS=1 $(bin)/python -m pytest

.PHONY: help book test test-latest test-colab train notebooks lab classroom slides bench lock FORCE
help:                 ## say what there is
	@sed -n 's/^\([a-z-]*\): .*## /  make \1:/p' $(MAKEFILE_LIST) | awk -F: '{printf "%-20s%s\n", $$1, $$2}'

# A make of its own looks what is old when its turn has come, so that of two at once the second finds the book built.
book: $(ready)        ## build the book from its committed outputs, and say where to open it
	@$(bin)/python tools/alone.py _build/lock $(MAKE) --no-print-directory $(book)
	@echo "Open file://$(CURDIR)/$(book)"

# From nothing whenever a source has changed, so that no stale page stays. A build with a warning leaves no index.
# find compares the times itself: make would take a file name with a space for two. The stamp is of the build's begin.
newer = $(shell find book wgan_lib -type f ! -name '*.pyc' ! -path '*/.*' -newer $(book) 2>&1 | head -n 1)
.DELETE_ON_ERROR:
$(book): $(ready) _config.yml _toc.yml $(if $(newer),FORCE)
	@rm -rf _build/html
	@touch _build/begun
	@$(bin)/jupyter-book build . --path-output . --all -W -q --keep-going
	@touch -r _build/begun $@

test: book            ## lint, build the book, then test the library, the notebooks and the pages
	@$(bin)/ruff check . && $(bin)/ruff format --check .
	@$(pytest)

test-latest:          ## the same tests with the newest versions that requirements.txt allows
	@$(MAKE) test VENV=.venv-latest LOCK=requirements.txt

test-colab: .venv-colab/ready ## run every notebook as Colab does, with its versions; N=path for one
	@.venv-colab/bin/python tools/colab.py $(N)

train: $(ready)       ## train on MNIST; PRESET=wgan-gp, and for options ARGS="--steps 1000"
	@$(bin)/python -m wgan_lib train $(PRESET) $(ARGS)

notebooks: $(ready)   ## run the notebooks and store what they show; N=path for one
	@$(bin)/python tools/notebooks.py $(N)

lab: $(ready)         ## open the book in JupyterLab
	@$(bin)/jupyter lab book

classroom: $(ready)   ## make student, instructor and nbgrader editions of every notebook with exercises, as one zip
	@$(bin)/python tools/classroom.py

slides: $(ready)      ## make slides of each chapter in _build/slides, a file each; N=05 for chapter 5
	@$(bin)/python tools/slides.py $(N)

bench: $(ready)       ## measure the training loop beside the one that tutorials show
	@$(bin)/python -m wgan_lib bench $(ARGS)

pdf: book             ## print a chapter to _build/pdf by Chromium; N=05 for chapter 5
	@$(bin)/python tools/pdf.py $(N)

zip: book             ## pack the built book into one file, to be read without a network
	@$(bin)/python tools/pack.py

dist: $(ready)        ## make the wheel and the source archive of the library alone
	@$(bin)/python tools/dist.py _build/dist

compile := UV_CUSTOM_COMPILE_COMMAND="make lock" $(bin)/uv pip compile --quiet --upgrade --universal --generate-hashes \
	--no-emit-index-url
lock: $(ready)        ## choose new versions for requirements.lock, and for what Colab's own do not settle
	@$(bin)/pip install --quiet uv
	@$(compile) --python-version 3.10 requirements.txt --output-file requirements.lock
	@$(compile) --python-version 3.11 tools/colab.txt --output-file tools/colab.lock

$(ready): $(LOCK) pyproject.toml
	@[ -e $@ ] || $(PYTHON) tools/preflight.py
	@$(PYTHON) tools/environment.py "$(PYTHON)" $(VENV) $(LOCK) .

.venv-colab/ready: tools/colab.lock
	$(if $(COLAB_PYTHON),,$(error Colab's versions need Python 3.11 to 3.13: make test-colab COLAB_PYTHON=python3.13))
	@[ -e $@ ] || $(COLAB_PYTHON) tools/preflight.py
	@$(COLAB_PYTHON) tools/environment.py "$(COLAB_PYTHON)" .venv-colab tools/colab.lock
