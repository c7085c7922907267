"""What a signature signs, and the evidence record over a file, looked for beside it: one way for
every command."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from glob import escape
from pathlib import Path, PurePosixPath
from typing import Final, TypeVar
from urllib.parse import unquote

from signing.formats.detached import Detached
from signing.formats.ers.reading import is_record
from signing.rules.report import Report, Verdict

T = TypeVar("T")

Paths = tuple[Path, ...]

_SIGNATURES: Final = frozenset(
    {".p7s", ".p7m", ".sig", ".pkcs7", ".tst", ".tsr", ".ers", ".er", ".jws", ".jose"}
)
"""How the name of a signature ends."""

MOST_BYTES: Final = 250_000_000
"""Of a file that is looked for, or of one in a folder, with what is beside it."""

RECORDS: Final = (".ers", ".er")
"""What an evidence record adds to the name of the file that it is over."""

_RECORD_BYTES: Final = 20_000_000
"""What is longer is no record."""

_ALIKE: Final = 8
"""Files whose names are alike that are tried."""

_NOT_IT: Final = frozenset({Verdict.CHANGED, Verdict.CONTENT_MISSING})


def search(
    file: Path,
    missing: Sequence[str],
    judge: Callable[[Paths], T],
    verdict: Callable[[T], str],
) -> tuple[Paths, T] | None:
    """The files that a signature is over, and the judgement with them; None where there are none.
    `missing`: the names that it has for them. Raises OSError."""
    for paths, sure in _candidates(file, missing):
        found = judge(paths)
        # A name that is only alike says nothing of what was to be signed.
        if sure or verdict(found) not in _NOT_IT:
            return paths, found
    return None


def sure(file: Path, names: Sequence[str]) -> Paths:
    """The files that a signature has these names for, as far as they are there; else the one to
    whose name its own adds an ending: `a.txt` for `a.txt.p7s`."""
    named = [path for name in names if (path := _named(file.parent, name)) is not None]
    if named:
        return tuple(dict.fromkeys(named))
    whole = file.with_suffix("")
    return (whole,) if whole != file and _is_there(whole) else ()


def record(file: Path) -> Path | None:
    """The evidence record over a file, by its name: `letter.pdf.ers` for `letter.pdf`. Raises
    OSError."""
    there = (one for one in records(file) if _is_there(one))
    short = (one for one in there if one.stat().st_size <= _RECORD_BYTES)
    return next((one for one in short if is_record(one.read_bytes())), None)


def records(file: Path) -> list[Path]:
    """Where the record over a file may be: ours the first."""
    return [file.with_name(file.name + ending) for ending in RECORDS]


def missing(report: Report) -> list[str]:
    """The names that the signatures of a file have for what did not come with them."""
    return [name for one in report.signatures for name in one.missing]


def read(paths: Iterable[Path], folder: Path, most: int = -1) -> Detached:
    """Files, each once, by their names from a folder on where they are within it; `most`: bytes of
    each."""
    return Detached(
        tuple((_name(path, folder), _content(path, most)) for path in dict.fromkeys(paths))
    )


def _candidates(file: Path, names: Sequence[str]) -> Iterator[tuple[Paths, bool]]:
    """Files, and whether they are what was to be signed, whatever comes of them."""
    own = sure(file, names)
    if own:
        yield own, True
    alike = sorted(file.parent.glob(f"{escape(file.stem)}.*"))[:_ALIKE]
    for path in alike:
        if path.suffix.lower() not in _SIGNATURES and path not in {file, *own} and _is_there(path):
            yield (path,), False


def _named(folder: Path, name: str) -> Path | None:
    """A file by the name that a signature has for it: below the folder, nowhere else, and none that
    is hidden."""
    for one in (unquote(name).removeprefix("./"), name.rpartition("/")[2]):
        parts = PurePosixPath(one).parts
        if parts and not any(part.startswith((".", "/")) for part in parts):
            path = folder / one
            if _is_there(path) and path.resolve().is_relative_to(folder.resolve()):
                return path
    return None


def _is_there(path: Path) -> bool:
    try:
        return path.is_file() and not path.is_symlink()
    except OSError:  # no file can have such a name
        return False


def _name(path: Path, folder: Path) -> str:
    if path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return path.name if path.is_absolute() else path.as_posix()  # where it is, is nobody's business


def _content(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)
