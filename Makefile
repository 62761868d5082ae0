# Two commands: `make run` opens the page, `make test` runs all tests. Everything lives in .venv and data.
PYTHON ?= python3
PORT ?= 8501
ADDRESS ?= 127.0.0.1
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test demo help
.DELETE_ON_ERROR:

help:
	@echo "make run    install, build a demo index unless RACKLENS_INDEX names one, open the page on port $(PORT)"
	@echo "make test   install, run all tests"

$(VENV)/.installed: requirements.txt .make/install.py .make/opencv_fallback.py
	@$(PYTHON) .make/install.py $(VENV) requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing requirements-dev.txt into $(VENV) ..."
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --requirement requirements-dev.txt
	@touch $@

# Order-only: once there is an index, a newer installation is no reason to build it again.
data/demo/feed.csv: | $(VENV)/.installed
	$(BIN)/python -m index_builder demo --out data/demo

data/index/CURRENT: | data/demo/feed.csv
	$(BIN)/python -m index_builder build data/demo/feed.csv --out data/index

# A demo index that newer models cannot use is built again; a catalogue of one's own in the same place is left to its owner.
demo: data/index/CURRENT
	@$(BIN)/python -m index_builder verify data/index --quiet || \
		! grep -q '"feed": "\([^"]*/\)\?data/demo/feed.csv"' "data/index/$$(cat data/index/CURRENT)/report.json" || \
		$(BIN)/python -m index_builder build data/demo/feed.csv --out data/index

# With RACKLENS_INDEX set the page uses that index and nothing is built.
run: $(VENV)/.installed $(if $(RACKLENS_INDEX),,demo)
	$(BIN)/python -m streamlit run app.py --server.port $(PORT) --server.address $(ADDRESS) --server.headless true

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest
