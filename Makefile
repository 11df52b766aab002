# Every target does its own set-up: system packages, virtual environment, private MariaDB and Redis under .local/.
# The work is done by the modules in scripts/, which need nothing but Python 3.11 or newer.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run test browser setup down check guards bench docs doctor messages requirements screenshots

START := exec sh scripts/start

help: ## Show this list
	@echo "Targets:"
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'
	@echo ""
	@echo "Servers: DATABASE_URL and REDIS_URL name your own; what is not named runs privately under .local/."

run: ## Start the shop with demo data; PORT=8000 moves it, Ctrl-C stops it
	@$(START) run

test: ## Run the tests; PYTEST_ARGS="tests/orders -x" narrows them
	@$(START) test

browser: ## Walk through the shop with a real browser: journeys, keys alone, axe on every page
	@PYTEST_ARGS="-n 1 tests/browser" $(START) test

setup: ## Do all set-up, leave the private servers running, print their URLs
	@$(START) setup

down: ## Stop the private servers; FORCE=1 even while something uses them
	@$(START) down

check: ## Format, lint, types, architecture, migrations, deployment settings
	@$(START) check

guards: ## Take every guard out, one at a time, and see its tests fail (ten minutes)
	@$(START) guards

bench: ## Measure the checkout, report in .local/benchmark.html; BENCH_ARGS="--workload all" widens it
	@$(START) bench

docs: ## Check the links of the Markdown documentation (there is nothing to build)
	@$(START) docs

doctor: ## Say what is wrong with this installation
	@$(START) doctor

messages: ## Bring locale/ up to date with the sources, name what needs a translation
	@$(START) messages

requirements: ## Compile requirements*.in into the pinned, hashed requirements*.txt
	@$(START) requirements

screenshots: ## Take pictures of every page of a running demo shop (PORT=8000) into docs/screenshots/
	@.venv/bin/python -m scripts.screenshots
