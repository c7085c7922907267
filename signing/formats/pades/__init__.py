"""PDF signatures (ETSI EN 319 142-1): taken in, sealed, read. pyHanko does the PDF work."""
