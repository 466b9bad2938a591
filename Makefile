# What can be done with this package. `make` alone lists it; every target first installs what is missing.

# An import that the manifest does not declare is an error, in every build.
BUILD := swift build --explicit-target-dependency-import-check error

.PHONY: help run test check bench dist soak clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 15

run: libraries ## build, make a demo community, and serve one of its nodes (RUN=--once: show the address and end)
	@Scripts/run $(RUN)

test: libraries ## build and run all tests (TESTS=REGEX: only those)
	$(BUILD) --build-tests
	swift test --skip-build --disable-xctest $(if $(TESTS),--filter '$(TESTS)')

check: libraries ## all that CI checks: style, warnings, tests three ways, models, clauses, faults, acceptance
	@Scripts/check

bench: libraries ## measure, and print the figures (RECORDS=100000)
	$(BUILD) -c release --product plc
	@Scripts/bench $(RECORDS)

dist: libraries ## dist/plc: one static file that needs no library
	@Scripts/dist

soak: libraries ## acceptance in full, sanitizers, fuzzing at length, then all tests over and over (MINUTES=30)
	@Scripts/soak $(MINUTES)

clean: ## remove all that the other targets made
	rm -rf .build .build-checks .build-dist .build-fuzz .build-planted .build-thread .build-address .build-coverage .plc-demo dist

.PHONY: libraries
libraries:
	@Scripts/install-libraries $(if $(filter dist,$(MAKECMDGOALS)),static) $(if $(filter check,$(MAKECMDGOALS)),models scripts) $(if $(filter soak,$(MAKECMDGOALS)),scripts static)
