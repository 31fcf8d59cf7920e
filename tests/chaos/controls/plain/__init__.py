"""Control: plain Celery as the guides have it, without a ledger, under the same kinds of faults."""
