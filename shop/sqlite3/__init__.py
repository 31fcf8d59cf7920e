"""A SQLite backend that reports an unknown outcome of COMMIT."""
