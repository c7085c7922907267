"""Seals in containers: what is signed is the one file, or the manifest of several."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final
from zipfile import BadZipFile, ZipFile

from core.errors import Refusal
from signing.formats.asic import container, manifest
from signing.formats.asic.opening import Broken, Encrypted, TooMuch, data_files, open_container
from signing.formats.cades.seal import OfContent
from signing.formats.cades.sealing import signed_name
from signing.formats.seal import File
from signing.rules import reasons
from signing.rules.file_names import check_names

_OPENED_BYTES: Final = 50_000_000
"""What a container may hold, compressed or not, for a seal to be put beside its others."""

_UNTYPED: Final = "application/octet-stream"


def simple(file: File) -> OfContent:
    """ASiC-S with CAdES: the signature is over the file itself, and its name. Raises Refusal."""
    check_names([file.name])

    def put(part: bytes) -> bytes:
        return container.simple(signed_name(part) or file.name, file.content, part)

    return OfContent(file.content, put, name=file.name)


def extended(files: Sequence[File]) -> OfContent:
    """ASiC-E with CAdES: the signature is over the manifest. Raises Refusal."""
    check_names([file.name for file in files])
    signature, listed = container.names(1)
    signed = manifest.write(files, signature)

    def put(part: bytes) -> bytes:
        held = [(file.name, file.content) for file in files]
        return container.write(container.EXTENDED, (*held, (listed, signed), (signature, part)))

    return OfContent(signed, put)


def again(file: File) -> OfContent:
    """An ASiC-E container with signatures, and one more over all its files beside them. Raises
    Refusal."""
    files = _open(file.content)
    held = [File(name, _UNTYPED, files[name]) for name in data_files(files)]
    check_names([one.name for one in held])
    number = 1 + sum(name.startswith(f"{container.META}signature") for name in files)
    while not files.keys().isdisjoint(container.names(number)):
        number += 1
    signature, listed = container.names(number)
    signed = manifest.write(held, signature)
    del files[container.MIMETYPE]

    def put(part: bytes) -> bytes:
        parts = (*files.items(), (listed, signed), (signature, part))
        return container.write(container.EXTENDED, parts)

    return OfContent(signed, put, before=file.content)


def _open(document: bytes) -> dict[str, bytes]:
    try:
        with ZipFile(BytesIO(document)) as found:
            if sum(one.file_size for one in found.infolist()) > _OPENED_BYTES:
                raise Refusal(reasons.DOCUMENT_TOO_LARGE, "opened")
        opened = open_container(document)
    except (BadZipFile, ValueError, Broken, Encrypted, TooMuch) as error:
        raise Refusal(reasons.SIGNATURE_INVALID, str(error)) from error
    if opened.media_type != container.EXTENDED or not opened.sound or not opened.neat:
        raise Refusal(reasons.SIGNATURE_INVALID, "not an ASiC-E container as it should be")
    return opened.files
