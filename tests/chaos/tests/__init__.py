"""The campaign's own parts, each by itself."""
