"""Live tests that share one running shop. Each leaves it as it was: running, and settled."""
