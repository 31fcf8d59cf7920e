"""The same effects by the same services, built the way they usually are."""
