"""XML signatures (ETSI EN 319 132-1)."""
