"""An app that joins a running shop: it looks at every placed order."""
