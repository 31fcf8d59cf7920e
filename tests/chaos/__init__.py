"""The campaign: the whole shop under load, with things pulled out of it, and who counts after."""
