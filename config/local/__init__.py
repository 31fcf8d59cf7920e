"""Runs the whole shop on one machine: starts its processes, watches them, stops them in order."""
