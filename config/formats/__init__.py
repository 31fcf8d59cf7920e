"""How instants and amounts are written."""
