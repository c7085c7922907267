"""Document time-stamps (ETSI EN 319 142-1 §5.4.3): what each was made over."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms, core
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.formats import cms as signers
from signing.formats import statuses, time_stamps
from signing.formats.cms import SIGNATURE_TIME_STAMP, WHATEVER
from signing.formats.digests import Covered, Digests
from signing.formats.pades import store, structure
from signing.formats.pades.embedded import DOCUMENT_TIME_STAMP, Embedded, kind
from signing.formats.pades.opening import reading
from signing.formats.time_stamps import Stamp
from signing.rules.report import StampKind


@dataclass(frozen=True)
class Archive:
    """A document time-stamp, as pyHanko reads it if it can, and where what it covers ends."""

    end: int
    stamp: Stamp
    embedded: Embedded | None


def read(
    digests: Digests, reader: PdfFileReader, fields: Iterable[tuple[str, Any, Any]]
) -> tuple[Archive, ...]:
    """Those of the filled signature fields that are document time-stamps; one that can't be read
    is over nothing, and fails."""
    listed = list(fields)
    signed = list(_signed(reader, listed))
    missing = sum(kind(value) == DOCUMENT_TIME_STAMP for _, value, _ in listed)
    stamps = [one for one in signed if one[0].sig_object_type == DOCUMENT_TIME_STAMP]
    none = Archive(len(digests.document), Stamp(signers.token(b""), _nothing), None)
    return (
        *(Archive(end, _stamp(digests, found, end, signed), found) for found, end in stamps),
        *([none] * (missing - len(stamps))),
    )


def _signed(
    reader: PdfFileReader, fields: Iterable[tuple[str, Any, Any]]
) -> Iterator[tuple[Embedded, int]]:
    for name, _, field in fields:
        try:
            found = Embedded(reader, field, name)
            _, _, after, rest = map(int, found.byte_range)
            _content(found)
        except WHATEVER:
            continue
        yield found, after + rest


def _stamp(
    digests: Digests,
    embedded: Embedded,
    end: int,
    signed: list[tuple[Embedded, int]],
) -> Stamp:
    """It is over nothing where it does not sit in its file as a signature has to."""
    document, reader = digests.document, embedded.reader
    ranges, contents = list(embedded.byte_range), embedded.pkcs7_content
    sits = not structure.faults(document, ranges, contents, encrypted=reader.encrypted)
    covered = Covered(digests, [int(number) for number in embedded.byte_range])
    earlier = [_content(one) for one, ends in signed if ends < end]
    covers = [name for one in earlier for name in _names(one)]
    try:
        with reading(document[:end], strict=reader.strict) as revision:
            covers += statuses.ids(store.read(revision))
    except WHATEVER:
        pass  # its signatures are covered still
    imprint = covered.digest if sits else _nothing
    return Stamp(_content(embedded), imprint, StampKind.ARCHIVE, tuple(dict.fromkeys(covers)))


def _nothing(_: str) -> bytes:
    raise ValueError("over nothing")


def _content(embedded: Embedded) -> cms.SignedData:
    value, _ = structure.encoded(embedded.pkcs7_content)
    return cms.ContentInfo.load(value, strict=True)["content"]


def _names(signed: cms.SignedData) -> Iterator[str]:
    """The ids of a signature, of its certificates and of its time-stamps."""
    yield from time_stamps.covered([signed])
    for info in signed["signer_infos"]:
        beside = info["unsigned_attrs"]
        if not isinstance(beside, core.Void):
            yield from time_stamps.covered(signers.tokens(beside, SIGNATURE_TIME_STAMP))
