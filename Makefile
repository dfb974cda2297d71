# One command a task; `make help` lists them. Everything is set up in .venv, from the locks with hashes.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := .venv/bin
# Extras are kept in the locks: pip up to 23.2 takes a newer release for `name[extra]` where only `name` is pinned.
LOCK := --quiet --generate-hashes --allow-unsafe --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header

# Compiled modules are kept: tests start some two hundred processes, and each would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo sandbox run test format lint types layers policies unit shape page pictures cql cql-tools cql-java cql-populate certify-kit conformance bench api fuzz changes laws lock clean \
	test-postgres faults bench-equal bench-purge bench-purge-live bench-connections bench-impact bench-policies bench-store \
	bench-peers bench-memory bench-served validate licences audit sbom

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/.ready: requirements/dev.txt pyproject.toml
	@echo "Setting up .venv (once, about a minute) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: .venv/.ready page ## sign the samples, take one order to its number, print a screen (DEMO_FULL=1: all), serve on (DEMO_EXIT=1: end)
	@$(BIN)/cds-service demo --host $(HOST) --port $(PORT) $(if $(filter 1,$(DEMO_EXIT)),--exit)

sandbox: .venv/.ready page ## the service and a FHIR and SMART server with the sample charts, for clients in a browser; PORT (8000)
	@$(BIN)/python -m tests.sandbox $(PORT)

run: .venv/.ready page ## the service alone; PORT (8000), HOST (127.0.0.1)
	@$(BIN)/cds-service serve --host $(HOST) --port $(PORT)

test: format lint types layers policies unit ## the whole check: format, lint, types, layers, policies, tests

format: .venv/.ready
	@echo "== format"
	@$(BIN)/ruff format --check .

lint: .venv/.ready
	@echo "== lint"
	@$(BIN)/ruff check .
	@$(BIN)/hadolint Dockerfile

types: .venv/.ready
	@echo "== types"
	@$(BIN)/mypy

layers: .venv/.ready
	@echo "== layers"
	@$(BIN)/lint-imports

policies: .venv/.ready
	@echo "== policies"
	@$(BIN)/cds-service policy check
	@$(BIN)/cds-service policy test
	@$(BIN)/cds-service policy check --folder policies/examples
	@$(BIN)/cds-service policy test --folder policies/examples

# What compiles and runs the population logic; nothing of it is shipped.
tests/cql/node_modules/.ready: tests/cql/package-lock.json tests/cql/package.json
	@echo "Setting up the tools for CQL (once) ..."
	@cd tests/cql && npm ci --silent
	@touch $@

cql-tools: tests/cql/node_modules/.ready ## set up what compiles and runs the population logic

cql: .venv/.ready cql-tools ## write the population logic anew: CQL, ELM, and what docs/population.md lists
	@$(BIN)/python -m tests.cql

cql-java: .venv/.ready cql-tools ## run the population logic in the Java engine too (Java 17, Maven), beside the script engine and the reader
	@$(BIN)/python -m tests.cql.java_engine $(CHARTS)

cql-populate: .venv/.ready cql-tools ## have HAPI fill in every form ($$populate) with our bases as its content endpoint (Java 17, Maven)
	@$(BIN)/python -m tests.cql.populated $(CHARTS)

# PostgreSQL is a part of the tests: a cluster of their own, for the time that they run. Where its programs are not
# installed `make test` leaves those tests out and says so; this command, and CI, do not.
test-postgres: .venv/.ready ## the tests of what is kept, on PostgreSQL (Debian: installs it, as root)
	@ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || command -v initdb > /dev/null || test "$$(id -u)" != 0 \
		|| (apt-get update --quiet --quiet && DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes \
		--no-install-recommends postgresql > /dev/null)
	@DATABASE_TESTS=required DATABASE_ROWS=each $(BIN)/pytest --quiet -k postgresql tests/storage tests/coverage tests/dtr tests/forms \
		tests/together tests/page tests/prior_auth

faults: .venv/.ready ## kill, pause, cut, part and fill up the service and its databases under load; FAULT_ROUNDS (60) of each kind, or of FAULTS
	@$(BIN)/python -m benchmarks.faults $(or $(FAULT_ROUNDS),60) $(FAULTS)

bench-equal: .venv/.ready ## equal calls at once on PostgreSQL, one and two replicas; EQUAL_ROUNDS (100)
	@$(BIN)/python -m benchmarks.equal_calls $(or $(EQUAL_ROUNDS),100)

bench-connections: .venv/.ready ## the time of a call beside 300 slow connections of each kind, as ratios
	@$(BIN)/python -m benchmarks.idle_connections

bench-purge: .venv/.ready ## CPU of a purge, by the number of determinations, as ratios
	@$(BIN)/python -m benchmarks.purge

bench-purge-live: .venv/.ready ## the time of a call beside a purge of 200,000 determinations, and without
	@$(BIN)/python -m benchmarks.purge_beside_calls

# Spark is a part of the tests where there is a Java for it. Its lock holds all of requirements/dev.txt too.
.venv/.spark: .venv/.ready requirements/spark.txt
	@echo "Bringing PySpark (once, 450 MB) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/spark.txt
	@touch $@

unit: .venv/.ready $(if $(shell command -v java),.venv/.spark) cql-tools
	@node web/bring.mjs lforms
	@node web/bring.mjs viewer
	@node web/bring.mjs axe
	@echo "== tests"
	@FHIR_VALIDATION=$${FHIR_VALIDATION-there} $(BIN)/python -m pytest -p tests.measuring

validate: .venv/.ready ## HL7's own validator over what these tests send (Java 17, Maven)
	@FHIR_VALIDATION=required $(BIN)/python -m pytest --quiet tests/validation tests/conformance tests/forms tests/dtr

page: ## bring what shows forms and the API (LHC-Forms, RapiDoc, by npm); without them the service starts all the same
	@node web/bring.mjs lforms || echo "Going on without LHC-Forms: the form page will be plain HTML."
	@node web/bring.mjs viewer || echo "Going on without RapiDoc: /api will be plain HTML."

pictures: .venv/.ready page ## take the pictures of the form page anew (docs/pictures), with Chromium
	@$(BIN)/python -m tests.page.pictures

conformance: .venv/.ready ## write docs/conformance.md anew from the lists and the markers of the tests
	@$(BIN)/python -m tests.conformance

certify-kit: .venv/.ready ## write what a tester loads into the certification kit: certify-kit/preset.json, pas-preset.json, members.toml (KIT_BASE=http://127.0.0.1:8000)
	@mkdir -p certify-kit
	@$(BIN)/cds-service certify-kit $(or $(KIT_BASE),http://127.0.0.1:8000) > certify-kit/preset.json
	@$(BIN)/cds-service certify-kit --pas $(or $(KIT_BASE),http://127.0.0.1:8000) > certify-kit/pas-preset.json
	@$(BIN)/cds-service certify-kit --members $(or $(KIT_BASE),http://127.0.0.1:8000) > certify-kit/members.toml
	@echo "certify-kit/preset.json, pas-preset.json and members.toml written; docs/certification.md says how to go on"

shape: .venv/.ready ## print how many modules and calls a signed order takes, and how the rooms are filled
	@$(BIN)/python -m tests.shape

bench: .venv/.ready ## the benchmark, with its ratios
	@$(BIN)/python -m benchmarks

bench-served: .venv/.ready ## signed, stored calls a second over HTTP, against an empty signed reply; SERVED_CALLS (400 a window)
	@$(BIN)/python -m benchmarks.served $(or $(SERVED_CALLS),400)

bench-policies: .venv/.ready ## a folder of thousands of policies of mixed kinds: CPU of the start, time of the choice; POLICIES (5000)
	@$(BIN)/python -m benchmarks.policies $(or $(POLICIES),5000)

bench-impact: .venv/.ready ## impact on made-up members: charts a second, 1 process against 2, memory; MEMBERS (100000)
	@$(BIN)/python -m benchmarks.impact $(or $(MEMBERS),100000)

bench-store: .venv/.ready ## a store of many determinations: a call, a read, a purge, its size; STORED (1000000)
	@$(BIN)/python -m benchmarks.stored $(or $(STORED),1000000)

bench-peers: .venv/.ready cql-tools ## CPU of a signed order beside CQL engines (JavaScript; Java and Maven where they are), as ratios
	@$(BIN)/python -m benchmarks.peers

bench-memory: .venv/.ready ## memory after many signed calls over HTTP, and after as many more; MEMORY_CALLS (20000)
	@$(BIN)/python -m benchmarks.memory $(or $(MEMORY_CALLS),20000)

api: .venv/.ready ## calls by the OpenAPI document against a service that runs (API=http://127.0.0.1:8000, API_CALLS=200 an address)
	@$(BIN)/schemathesis run $(or $(API),http://127.0.0.1:8000)/openapi.json --max-examples $(or $(API_CALLS),200) \
		--checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance

# What finds its way into a decoder by what it covers is large, and needed for nothing else.
.venv/.fuzz: .venv/.ready requirements/fuzz.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/fuzz.txt
	@touch $@

fuzz: .venv/.fuzz ## hostile calls for long (FUZZ=200000), then bytes into the decoder (FUZZ_BYTES=1000000), with what failed
	@$(BIN)/python -m tests.fuzzing $(or $(FUZZ),200000)
	@$(BIN)/python -m tests.fuzzing.decoder -runs=$(or $(FUZZ_BYTES),1000000) -seed=14 -max_len=8192

changes: .venv/.ready ## random changes to the charts on file, CHANGES (5000) a kind: what may prove nothing, what says the same
	@$(BIN)/python -m tests.metamorphic $(or $(CHANGES),5000)

laws: .venv/.ready ## the property tests on newly drawn charts and calls, LAWS (5) times over; `make test` draws the same each time
	@for round in $$(seq $(or $(LAWS),5)); do HYPOTHESIS_PROFILE=drawn $(BIN)/pytest --quiet -m hypothesis || exit 1; done

licences: .venv/.ready ## write docs/licences.md anew from the lock
	@$(BIN)/python -m tests.security

# Tools for parts and their holes have a lock and a folder of their own: nothing of them comes near the service.
.venv-supply/.ready: requirements/supply.txt
	@test -x .venv-supply/bin/python || $(PYTHON) -m venv .venv-supply
	@.venv-supply/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

audit: .venv-supply/.ready ## ask for known holes of what is installed (pip-audit, npm audit); says so where nobody can be asked
	@status=0; \
	echo "== pip-audit: requirements/runtime.txt"; \
	.venv-supply/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements/runtime.txt || status=1; \
	echo "== npm audit: tests of the population logic, nothing of which is shipped"; \
	(cd tests/cql && npm audit) || status=1; \
	test $$status = 0 || echo "Holes were found, or no vulnerability data could be had, as it says above: nothing is known to be good."; \
	exit $$status

sbom: .venv-supply/.ready ## write sbom.json (CycloneDX) from the lock of what is installed
	@.venv-supply/bin/cyclonedx-py requirements --output-format JSON --output-file sbom.json requirements/runtime.txt
	@echo "sbom.json written"

lock: .venv/.ready ## write the locks anew from pyproject.toml
	@$(BIN)/pip-compile $(LOCK) --output-file requirements/runtime.txt pyproject.toml
	@$(BIN)/pip-compile $(LOCK) --extra dev --output-file requirements/dev.txt pyproject.toml requirements/runtime.txt
	@$(BIN)/pip-compile $(LOCK) --extra dev --extra spark --output-file requirements/spark.txt pyproject.toml requirements/dev.txt
	@$(BIN)/pip-compile $(LOCK) --extra fuzz --output-file requirements/fuzz.txt pyproject.toml requirements/runtime.txt
	@$(BIN)/pip-compile $(LOCK) --extra supply --output-file requirements/supply.txt pyproject.toml requirements/runtime.txt

clean: ## remove what was built
	@rm -rf cds_service/static/lforms cds_service/static/viewer tests/page/axe tests/cql/node_modules .venv .venv-supply sbom.json .mypy_cache .pytest_cache .ruff_cache
	@rm -rf .import_linter_cache build *.egg-info
