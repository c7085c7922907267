"""The documents that the code writes about itself: settings, errors, events."""

import importlib
import pkgutil
import typing
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any, Final

import click
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from core import audit, errors
from tra.settings import DEVELOPMENT_MASTER_KEY, Settings

ROOT: Final = Path(__file__).parents[1]

_PACKAGES: Final = ("core", "keys", "clients", "idp", "signing")
_NOTE: Final = "<!-- Written by `make docs` from {source}: change it there. -->"


def documents() -> dict[Path, str]:
    """Every generated document, by its path."""
    _import_all()
    return {
        ROOT / "docs" / "settings.md": settings_document(),
        ROOT / "docs" / "errors.md": errors_document(errors.catalogue()),
        ROOT / "docs" / "events.md": events_document(audit.kinds()),
    }


def settle(written: Mapping[Path, str], *, check: bool) -> list[Path]:
    """Write the files that differ, or with `check` only tell which they are."""
    different = [
        path
        for path, text in written.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if not check:
        for path in different:
            path.parent.mkdir(exist_ok=True)
            path.write_text(written[path], encoding="utf-8")
    return different


def publish(written: Mapping[Path, str], *, check: bool) -> None:
    """Settle them, and say which; raises ClickException where one is out of date and may not be
    written."""
    names = ", ".join(str(path.relative_to(ROOT)) for path in settle(written, check=check))
    if check and names:
        raise click.ClickException(f"Out of date: {names}. Run `make docs`.")
    if names:
        click.echo(f"Written: {names}")


def settings_document() -> str:
    rows = (
        (f"`TRA_{name.upper()}`", _type(field), _default(field), field.description or "")
        for name, field in Settings.model_fields.items()
    )
    return _page(
        "Settings",
        "tra/settings.py",
        "From the environment, or in lower case and without `TRA_` from the TOML file that "
        "`TRA_CONFIG` names; the environment wins. An unknown name is an error.",
        ("Setting", "Kind", "Default", "What it is"),
        rows,
    )


def errors_document(catalogue: Iterable[errors.Reason]) -> str:
    rows = (
        (f"`{entry.code}`", f"`{entry.error}`", str(entry.status), entry.hint, entry.rule)
        for entry in catalogue
    )
    return _page(
        "Errors",
        "the catalogue in the code",
        "Every way to be refused. The code is stable: program against it. Each answer carries a "
        "request id (`X-Request-Id`), under which the log says more.",
        ("Code", "Error", "Status", "What to do", "Rule"),
        rows,
    )


def events_document(kinds: Iterable[audit.EventKind]) -> str:
    rows = (
        (
            f"`{kind.name}`",
            kind.meaning,
            ", ".join(f"`{detail}`" for detail in kind.details) or "–",
        )
        for kind in kinds
    )
    return _page(
        "Events of the audit log",
        "the kinds in the code",
        "Each row has a time, the event, the identifier of who did it, and these identifiers; "
        "never a name or a number of a person's. `tra audit verify` checks the log.",
        ("Event", "What happened", "Identifiers"),
        rows,
    )


def _page(
    title: str, source: str, lead: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> str:
    table = [head, ("---",) * len(head), *rows]
    lines = ("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in table)
    return "\n".join((f"# {title}", "", _NOTE.format(source=source), "", lead, "", *lines, ""))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _type(field: FieldInfo) -> str:
    kind: Any = field.annotation
    members = [one for one in typing.get_args(kind) if one is not NoneType]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(f"`{member.value}`" for member in kind)
    if typing.get_origin(kind) is tuple:
        return "list"
    if members:
        kind = members[0]
    names: dict[object, str] = {SecretStr: "secret", str: "text", int: "number", Path: "file"}
    return names.get(kind, str(getattr(kind, "__name__", kind)))


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, tuple):
        value = ",".join(map(_plain, value))
    shown = _plain(value)
    if shown == DEVELOPMENT_MASTER_KEY:
        return "a key for development"
    return f"`{shown}`" if shown else "–"


def _plain(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Enum):
        return str(value.value)
    return "" if value is None else str(value)


def _import_all() -> None:
    """Import every module, so that each has added its reasons and its kinds of event."""
    for package in map(importlib.import_module, _PACKAGES):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in module.name:
                importlib.import_module(module.name)
