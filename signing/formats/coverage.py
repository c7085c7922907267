"""Which signatures are over which files of a container."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from signing.rules.report import Part


@dataclass(frozen=True)
class Coverage:
    """Files by their names, and for each the names of the signatures over it as it is, and of
    those over other content in its place."""

    files: Mapping[str, bytes]
    signed_by: dict[str, list[str]] = field(default_factory=dict)
    changed_since: dict[str, list[str]] = field(default_factory=dict)

    def add(self, signature: str, names: Iterable[str], changed: Collection[str]) -> None:
        """A signature over files, some of which are not what was signed."""
        for name in names:
            over = self.changed_since if name in changed else self.signed_by
            over.setdefault(name, []).append(signature)

    def part(self, name: str) -> Part:
        """What there is to say of a file."""
        content = self.files[name]
        return Part(
            name,
            len(content),
            hashlib.sha256(content).hexdigest(),
            tuple(self.signed_by.get(name, ())),
            tuple(self.changed_since.get(name, ())),
        )
