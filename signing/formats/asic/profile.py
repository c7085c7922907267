"""The one form of a container whose signatures are all seals of ours: as `asic.container` writes
it (EN 319 162-1)."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from signing.formats import profile
from signing.formats.asic import container, manifest
from signing.formats.asic.manifests import Manifest
from signing.formats.asic.opening import data_files
from signing.formats.cades.sealing import signed_name
from signing.formats.xades import profile as xades
from signing.formats.xades.references import file_name

Files = dict[str, bytes]


def stands(
    document: bytes, files: Files, manifests: Mapping[str, Manifest], lasting: Collection[str]
) -> bool:
    """Whether a container is as we write it. `manifests` by their names; `lasting`: the files that
    prove the signatures for longer, put in by others."""
    try:
        return _stands(document, files, manifests, lasting)
    except profile.WRONG:
        return False


def _stands(
    document: bytes, files: Files, manifests: Mapping[str, Manifest], lasting: Collection[str]
) -> bool:
    """Raises KeyError and ValueError for what is not there as it has to be."""
    data = list(data_files(files))
    if container.SIMPLE_SIGNATURE in files:
        [name], signature = data, files[container.SIMPLE_SIGNATURE]
        return signed_name(signature) in {name, None} and document == container.simple(
            name, files[name], signature
        )
    parts = [(name, files[name]) for name in data]
    left = sum(name.startswith(container.META) for name in files) - len(lasting)
    for own in _signatures(files, data, manifests):
        parts += own
        left -= len(own)
        if left <= 0:
            break
    if left or any(files[name] != content for name, content in parts):
        return False
    return bool(lasting) or document == container.write(container.EXTENDED, parts)


def _signatures(
    files: Files, data: Sequence[str], manifests: Mapping[str, Manifest]
) -> Iterator[list[tuple[str, bytes]]]:
    """Each signature over the files, with what belongs to it; raises KeyError where there is no
    further one, ValueError where it is over other files."""
    number = 1
    if container.XML_SIGNATURES in files:
        signature = files[container.XML_SIGNATURES]
        covered = xades.covered(signature)
        names = [file_name(one.uri) for one in covered]
        _check(names, data)
        types = [one.media_type for one in covered]
        listed = manifest.list_files(zip(names, types, strict=True))
        yield [(container.LISTED_FILES, listed), (container.XML_SIGNATURES, signature)]
        number += 1
    while True:
        pair = container.names(number)
        said = manifests[pair[1]]
        if said.of != pair[0]:
            raise ValueError("of another signature")
        _check(said.covered, data)
        yield [(name, files[name]) for name in reversed(pair)]
        number += 1


def _check(covered: Sequence[str], data: Sequence[str]) -> None:
    if list(covered) != list(data):
        raise ValueError("over other files, or in another order")
