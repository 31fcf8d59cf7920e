"""PostgreSQL, telling what became of a COMMIT."""
