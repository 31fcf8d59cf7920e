"""A PostgreSQL backend that reports an unknown outcome of COMMIT."""
