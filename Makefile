.PHONY: build test lint format bench check

build:
	swift build --configuration release --product imgset
test:
	./test.sh
lint:
	swift format lint --strict --recursive Sources Tests Package.swift
format:
	swift format --in-place --recursive Sources Tests Package.swift
bench:
	Benchmarks/run.sh
check: lint test
