"""Document time-stamps (ETSI EN 319 142-1 §5.4.3): what each was made over."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from asn1crypto import cms, core
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.formats import cms as signers
from signing.formats import statuses, time_stamps
from signing.formats.cms import SIGNATURE_TIME_STAMP, WHATEVER
from signing.formats.digests import Covered, Digests
from signing.formats.pades import store, structure
from signing.formats.pades.embedded import DOCUMENT_TIME_STAMP, Embedded
from signing.formats.time_stamps import Stamp
from signing.rules.report import StampKind


@dataclass(frozen=True)
class Archive:
    """A document time-stamp, as pyHanko reads it, and where what it covers ends."""

    end: int
    stamp: Stamp
    embedded: Embedded


def read(
    digests: Digests, reader: PdfFileReader, fields: Iterable[tuple[str, Any, Any]]
) -> tuple[Archive, ...]:
    """Those of the filled signature fields that are document time-stamps; what can't be read is
    none, and told of elsewhere."""
    signed = list(_signed(reader, fields))
    return tuple(
        Archive(end, _stamp(digests, found, end, signed, strict=reader.strict), found)
        for found, end in signed
        if found.sig_object_type == DOCUMENT_TIME_STAMP
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
    *,
    strict: bool,
) -> Stamp:
    covered = Covered(digests, [int(number) for number in embedded.byte_range])
    earlier = [_content(one) for one, ends in signed if ends < end]
    covers = [name for one in earlier for name in _names(one)]
    try:
        revision = PdfFileReader(BytesIO(digests.document[:end]), strict=strict)
        covers += statuses.ids(store.read(revision))
    except WHATEVER:
        pass  # its signatures are covered still
    return Stamp(
        _content(embedded), covered.digest, StampKind.ARCHIVE, tuple(dict.fromkeys(covers))
    )


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
