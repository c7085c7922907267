"""What the signing service remembers. Every function takes a transaction; none returns a row."""

from pathlib import Path
from typing import Final

MIGRATIONS: Final = Path(__file__).parent / "migrations"
