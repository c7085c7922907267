"""Signatures over JSON (ETSI TS 119 182-1): sealed and read."""
