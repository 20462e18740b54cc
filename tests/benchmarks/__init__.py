"""Benchmarks, run by hand: ``python -m tests.benchmarks.NAME --help``. No test runs them."""
