"""JSON signatures (ETSI TS 119 182-1)."""
