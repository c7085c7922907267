"""Databases that are prepared once and then copied: a schema, and the keys that every service has.

Each takes a tenth of a second to prepare, and a thousand tests would prepare the same again.
"""

import shutil
from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import make_url

_numbers = count()

Prepare = Callable[[str, int], None]
"""Prepares the database of a URL, as of a time (NumericDate)."""


def prepare(database_url: str, how: Prepare, now: int) -> None:
    """Prepare a database; one that is used already is left as it is, if `how` does so."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        shutil.copyfile(_prepared(how, now), str(url.database))
    else:
        how(database_url, now)


@cache
def _prepared(how: Prepare, now: int) -> Path:
    file = Path(_folder().name) / f"{next(_numbers)}.sqlite"
    how(f"sqlite:///{file}", now)
    return file


@cache
def _folder() -> "TemporaryDirectory[str]":
    return TemporaryDirectory(prefix="tra-prepared-")
