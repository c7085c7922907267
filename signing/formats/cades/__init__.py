"""CMS signatures (ETSI EN 319 122-1): sealed and read."""
