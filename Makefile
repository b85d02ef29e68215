# make run · make test · make check · make bench · make drills   (make help: all of them)
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# Ports of `make run`; both must be free.
SERVER_PORT ?= 9090
HEALTH_PORT ?= 9191
export SERVER_PORT HEALTH_PORT

.DEFAULT_GOAL := help
.PHONY: help run test test-dask test-oom test-install check format deps bench bench-standin bench-unit bench-health bench-load report soak capacity drills drills-load chaos mutants dist clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1	/' | expand -t 24

# What is half made is deleted: a disk that was full must not leave an environment without a pip.
.DELETE_ON_ERROR:

# Written for any Python, so that an old one can be told so. Ctrl-C is the system's own, without a traceback.
$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null \
	  || { echo "make: there is no $(PYTHON) here: on Debian: apt-get install python3-venv; of another name or place: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "make: fermat-sidecar needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) -V 2>&1); try: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
	  || { echo "make: $(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import runpy, signal; signal.signal(signal.SIGINT, signal.SIG_DFL); runpy.run_module("venv", run_name="__main__")' $(VENV) \
	  || { echo "make: $(VENV)/ could not be made here, for the reason above" >&2; exit 1; }

INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check -e
LACKING = { echo "make: pip could not install what is needed, for the reason above. It asks PyPI, or the mirror that pip config names; then the same command again goes on" >&2; exit 1; }

# Two steps, so that a first look does not wait for the developers' tools.
$(VENV)/.run: pyproject.toml | $(VENV)/bin/python
	@echo "Installing fermat-sidecar into $(VENV)/ …"
	@$(INSTALL) '.[fast,standin,demo]' || $(LACKING)
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "Installing the developers' tools into $(VENV)/ …"
	@$(INSTALL) '.[fast,standin,demo,dev]' || $(LACKING)
	@touch $@

run: $(VENV)/.run ## a stand-in Cloud Server, the sidecar over it, and a mail catcher; Ctrl-C ends it all
	@exec $(BIN)/python -m demo

# Most of a test is waiting, so five lines share the cores; tests/conftest.py says who begins. Some tests are about
# seconds: a failure has to stand when nothing runs beside it. What they start is compiled once, whatever is the habit here.
test test-dask: export PYTHONDONTWRITEBYTECODE :=
test: deps check ## everything that CI runs; eleven minutes
	@$(BIN)/python -m pytest -n 5 --dist loadfile --no-loadscope-reorder; status=$$?; [ $$status = 1 ] || exit $$status; \
	echo "make test: what failed above failed beside another test; once more, alone:" >&2; \
	$(BIN)/python -m pytest --last-failed --last-failed-no-failures none

test-dask: $(VENV)/.dev ## a run by the workers of a Dask scheduler, all its bad days; three minutes
	@$(BIN)/python -m pytest -m "" tests/system/test_loadgen_dask.py

# Under a kernel of its own, in emulation: only there is every controller of cgroup v2 sure to exist.
test-oom: $(VENV)/.dev ## no memory, no tasks: a booted systemd with cgroup v2, in qemu; three minutes, needs root
	@command -v qemu-system-x86_64 >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "make test-oom: installing Debian's qemu-system-x86"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends qemu-system-x86 >/dev/null; \
	else \
	  echo "make test-oom: it needs qemu; as root: apt-get install -y --no-install-recommends qemu-system-x86" >&2; \
	fi
	@$(BIN)/python -m pytest -s tests/oom

# Debian's own tools make the machine; pip and apt in it are set up as they are here.
test-install: dist ## INSTALL.md worked through on a new Debian 12 and a new Debian 13, and its end; three minutes, needs root
	@missing=; for dep in mmdebstrap:mmdebstrap systemd-nspawn:systemd-container; do \
	  command -v $${dep%:*} >/dev/null || missing="$$missing $${dep#*:}"; done; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "make test-install: installing Debian's$$missing"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends debian-archive-keyring $$missing >/dev/null; \
	else \
	  echo "make test-install: it needs$$missing; as root: apt-get install -y --no-install-recommends$$missing" >&2; exit 1; \
	fi
	@$(BIN)/python -m pytest -m "" -s tests/install

check: $(VENV)/.dev ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

format: $(VENV)/.dev ## let ruff write what it can
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

# What the tests need beyond Python: a browser, to see the page as a person does, a real JVM in trouble, and a systemd
# with its bus and polkit, to boot; openssl, for certificates of the tests' own; who scrapes /metrics in earnest; the guide's proxy.
DEPS := chromium:chromium javac:openjdk-17-jdk-headless systemctl:systemd /sbin/init:systemd-sysv dbus-daemon:dbus \
        pkaction:polkitd logrotate:logrotate openssl:openssl promtool:prometheus amtool:prometheus-alertmanager \
        nginx:nginx-light
NSS  := $(if $(wildcard /usr/lib/*/libnss_systemd.so.2),,libnss-systemd)
deps: $(VENV)/.dev ## what the tests need beyond Python (installs it when root; what Debian starts then is stopped)
	@missing="$(NSS)"; for dep in $(DEPS); do command -v $${dep%:*} >/dev/null || missing="$$missing $${dep#*:}"; done; \
	missing="$$(echo $$missing)"; [ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "make deps: installing Debian's $$missing, for the tests"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null || exit; \
	  [ ! -d /run/systemd/system ] || for service in $$missing; do case $$service in \
	    prometheus*|nginx*) systemctl --quiet disable --now $${service%-light};; esac; done; \
	else \
	  echo "make deps: the tests need $$missing; as root: apt-get install -y --no-install-recommends $$missing" >&2; \
	  echo "make deps: Debian starts Prometheus (on 9090, the Cloud Server's) and nginx then: systemctl disable --now them" >&2; exit 1; \
	fi

bench: $(VENV)/.dev ## ratios against a bare asyncio loop, in the same run; eight minutes
	@$(BIN)/python -m benchmarks

drills: $(VENV)/.dev ## each way to fail, done to a real process under the sidecar: seconds to detect, cured; ten minutes
	@PYTHONPATH=.:tests $(BIN)/python -m drills

drills-load: $(VENV)/.dev ## ten failures under load: when noticed, acted on, proven, and when clients were back; six minutes, root
	@$(BIN)/python -m loadgen drill all --out build/drills-load

chaos: $(VENV)/.dev ## 300 times kill -9 of the sidecar or its sender in an outage: what people were told; ten minutes
	@PYTHONPATH=.:tests $(BIN)/python -m chaos

mutants: $(VENV)/.dev ## small wrongs put into sidecar/core, one at a time: which does no test find; half an hour
	@PYTHONPATH=.:tests $(BIN)/python -m mutation

bench-standin: $(VENV)/.dev ## what the stand-in carries: 5,000 clients, its own loop lag; about three minutes
	@$(BIN)/python benchmarks/standin.py

bench-unit: $(VENV)/.dev ## kill -9 under the sidecar with systemd, systemd alone, supervisord, monit; root, two minutes
	@$(BIN)/python -m benchmarks.unit

bench-health: $(VENV)/.dev ## /health beside its peers, on one core; the watching while /health is under attack; four minutes
	@$(BIN)/python -m benchmarks.health

bench-load: $(VENV)/.dev ## the load generator beside a C client, k6, Artillery, Tsung and Locust; ten minutes, best as root
	@$(BIN)/python -m benchmarks.load

report: $(VENV)/.dev ## docs/reports/ anew: the stand-in loaded, searched for its limit, broken; both languages; twenty minutes
	@$(BIN)/python -m benchmarks.report

soak: $(VENV)/.dev ## thousands of clients held: nobody lost, memory flat? six minutes; SOAK="--clients 15000 --minutes 30"
	@$(BIN)/python -m benchmarks.soak $(SOAK)

capacity: $(VENV)/.dev ## 20 searches for a known knee, and thousands simulated: is the interval right? ten minutes
	@PYTHONPATH=.:tests $(BIN)/python -m capacity

# Dated as the last commit: from the same commit the same bytes, anywhere. Without git as hatchling dates it by itself.
dist: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1580601600)
dist: $(VENV)/.dev ## wheel and sdist into dist/: the same bytes from the same commit
	@rm -rf dist
	@$(BIN)/python -m hatchling build -d dist

clean: ## remove what was made here
	@rm -rf build dist loadgen-results .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
