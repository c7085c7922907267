"""Where inputs that reached something are kept from run to run."""

from pathlib import Path

KEPT = Path(".cache") / "fuzz"
