"""A model of the bus: random histories of faults, and what must be true after every step."""
