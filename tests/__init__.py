"""Tests of Photopal, laid out as the packages are."""
