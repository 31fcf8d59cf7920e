"""Negative controls: a bus that is broken on purpose, and a checker that must notice."""
