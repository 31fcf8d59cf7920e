"""Tests of what the operator's console shows."""
