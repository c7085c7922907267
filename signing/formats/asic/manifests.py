"""The manifests of a container, read: which files a signature, a time-stamp or an evidence record
is over (EN 319 162-1 §A.4, §A.7)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from signing.formats import primitives
from signing.formats.xades.algorithms import digest_name
from signing.formats.xades.parsing import DS, Malformed, child, parse, text
from signing.formats.xades.references import file_name
from signing.formats.xades.values import decode
from signing.rules.evidence import Digest

NAME: Final = re.compile(r"META-INF/[^/]*ASiC[^/]*Manifest[^/]*\.xml", re.IGNORECASE)
MOST: Final = 64
"""Manifests that are looked at."""

_MOST_REFERENCES: Final = 4_096


@dataclass
class Manifest:
    """What one says. `of`: the file that it is for, which is over it; `found`: the files that it
    names are there; `changed`: of these, those that are others."""

    name: str
    of: str
    covered: list[str] = field(default_factory=list)
    objects: list[Digest] = field(default_factory=list)
    found: bool = True
    changed: list[str] = field(default_factory=list)

    @property
    def matches(self) -> bool:
        return not self.changed

    @property
    def hashes(self) -> tuple[str, ...]:
        return tuple(one.hashed_by for one in self.objects)


def read(files: Mapping[str, bytes], name: str) -> Manifest:
    """Raises Malformed."""
    root = parse(files[name]).getroot()
    references = root.findall("{*}SigReference")
    if not root.tag.endswith("}ASiCManifest") or len(references) != 1:
        raise Malformed("not an ASiCManifest")
    made = Manifest(name, file_name(references[0].get("URI", "")))
    listed = list(root.iter("{*}DataObjectReference"))  # some write them within the other
    if not 0 < len(listed) <= _MOST_REFERENCES:
        raise Malformed("references")
    for one in listed:
        covered = file_name(one.get("URI", ""))
        method = child(one, f"{{{DS}}}DigestMethod")
        algorithm = digest_name(method.get("Algorithm") if method is not None else None)
        expected = decode(text(child(one, f"{{{DS}}}DigestValue")))
        made.covered.append(covered)
        made.objects.append(Digest(algorithm, expected.hex(), covered))
        if covered not in files:
            made.found = False
        elif not primitives.hashes_to(expected, algorithm, files[covered]):
            made.changed.append(covered)
    return made
