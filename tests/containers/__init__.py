"""The shop in containers, by the compose file as it is: what `make test-compose` runs."""
