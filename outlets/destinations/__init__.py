"""Destinations: each module sends events to one kind of system."""
