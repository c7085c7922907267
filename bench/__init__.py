"""The load kit: what a service does in a second, on one core."""
