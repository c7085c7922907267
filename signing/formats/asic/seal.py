"""Seals in containers: what is signed is the one file, or the manifest of several."""

from collections.abc import Sequence

from signing.formats.asic import container, manifest
from signing.formats.cades.seal import OfContent
from signing.formats.seal import File
from signing.rules.file_names import check_names


def simple(file: File) -> OfContent:
    """ASiC-S with CAdES: the signature is over the file itself. Raises Refusal."""
    check_names([file.name])

    def put(part: bytes) -> bytes:
        return container.simple(file, part)

    return OfContent(file.content, put, detached=file.content)


def extended(files: Sequence[File]) -> OfContent:
    """ASiC-E with CAdES: the signature is over the manifest. Raises Refusal."""
    check_names([file.name for file in files])
    signature, listed = container.names(1)
    signed = manifest.write(files, signature)

    def put(part: bytes) -> bytes:
        held = [(file.name, file.content) for file in files]
        return container.write(container.EXTENDED, (*held, (listed, signed), (signature, part)))

    return OfContent(signed, put, detached=signed)
