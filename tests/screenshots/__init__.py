"""Pictures of every page: what `make screenshots` takes."""
