"""The work without a broker: claim from the ledger, and perform in processes of its own."""
