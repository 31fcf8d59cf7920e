"""Handlers that do nothing, so that what is left is what the bus itself costs."""
