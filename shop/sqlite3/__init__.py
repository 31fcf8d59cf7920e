"""SQLite, telling what became of a COMMIT."""
