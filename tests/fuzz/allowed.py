"""What is no mutation: a seal without what makes it last longer, or without the seal beside it.

Such a document is one that we made, or would have made; its verdict says what is left. No other
that differs in one bit from what we answered may pass.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import combinations
from typing import Any
from zipfile import ZipFile

import orjson

from keys import cms, der
from signing.formats.asic import container
from signing.formats.cades.sealing import ARCHIVE_TIME_STAMP_V3
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.formats.pades import increment

_ARCHIVED = rb"<xades141:ArchiveTimeStamp .*</xades141:ArchiveTimeStamp>"
_ARCHIVE = der.oid(ARCHIVE_TIME_STAMP_V3)


def earlier_states(kind: str, document: bytes) -> set[bytes]:
    """Those of a document, the document itself among them."""
    return {document, *_EARLIER[kind](document)}


def _of_pdf(document: bytes) -> Iterator[bytes]:
    """Whole revisions are cut off the end, with the line end after them or without; of OCSP answers
    about the same certificate, one that came with the last of several seals is left out."""
    ends = [match.end() for match in re.finditer(rb"%%EOF\n?", document)]
    for end in ends:
        yield document[:end]
        yield document[:end].rstrip(b"\n") + b"\n"
    if document.count(b"/ByteRange") > 1 and (before := document[: ends[-2]]).endswith(b"\n"):
        data = increment.read_new(before, document)
        for held in _fewer(data.ocsps) if data is not None and data.ocsps else ():
            yield before + increment.write(before, replace(data, ocsps=held))


def _of_cms(document: bytes) -> Iterator[bytes]:
    """Without the archive time-stamp, or any; one of several seals, and an OCSP answer less where
    each of them brought one about the same certificate. Of a TimeStampResp, the token."""
    kind, *rest = der.parts(document)
    if kind != der.oid(cms.SIGNED_DATA):
        yield from rest
        return
    signed = SignedData.parse(document)
    if len(signed.signer_infos) > 1:
        for infos in (signed.signer_infos, *((one,) for one in signed.signer_infos)):
            for held in _fewer(signed.revocation):
                yield replace(signed, signer_infos=infos, revocation=held).dump()
        return
    info = SignerInfo.parse(signed.signer_infos[0])
    archived = tuple(one for one in info.unsigned if der.parts(one)[0] == _ARCHIVE)
    if archived:
        stamped = replace(info, unsigned=tuple(one for one in info.unsigned if one not in archived))
        yield replace(signed, signer_infos=(stamped.dump(),)).dump()
    if not signed.revocation:
        yield replace(signed, signer_infos=(replace(info, unsigned=()).dump(),)).dump()


def _fewer(pieces: tuple[bytes, ...]) -> Iterator[tuple[bytes, ...]]:
    yield pieces
    yield from combinations(pieces, len(pieces) - 1)


def _of_json(document: bytes) -> Iterator[bytes]:
    """Without etsiU, or its last time-stamp over all. At B-B the Compact and the flattened JSON
    Serialization say the same (RFC 7515 §7), and both are ours."""
    if document[:1] != b"{":
        protected, payload, value = document.decode().split(".")
        yield orjson.dumps({"payload": payload, "protected": protected, "signature": value})
        return
    said = orjson.loads(document)
    if "payload" in said and "signature" in said:
        yield f"{said['protected']}.{said['payload']}.{said['signature']}".encode()
    several = said.get("signatures")
    if several:  # in another order; the verdict tells them in theirs
        yield orjson.dumps({**said, "signatures": several[::-1]})
    for number, one in enumerate(several or [said]):
        for less in _less(one):
            if several:
                yield orjson.dumps({**said, "signatures": _put(several, number, less)})
            else:
                yield orjson.dumps(less)


def _less(signature: dict[str, Any]) -> Iterator[dict[str, Any]]:
    unsigned = signature.get("header", {}).get("etsiU", [])
    yield {name: value for name, value in signature.items() if name != "header"}
    if len(unsigned) > 3:
        yield {**signature, "header": {"etsiU": unsigned[:-1]}}


def _put(held: list[Any], number: int, one: Any) -> list[Any]:
    return [*held[:number], one, *held[number + 1 :]]


def _of_xml(document: bytes) -> Iterator[bytes]:
    """Without the last time-stamp over all, or whatever is unsigned."""
    for part in (rb"<xades:Unsigned(Properties>).*</xades:Unsigned\1", _ARCHIVED):
        yield re.sub(part, b"", document)


def _of_zip(document: bytes) -> Iterator[bytes]:
    """One of its signatures in an earlier state, or without the last."""
    with ZipFile(BytesIO(document)) as found:
        _, *parts = [(one.filename, found.read(one)) for one in found.infolist()]
        media_type = found.read(container.MIMETYPE).decode()
    for number, (name, content) in enumerate(parts):
        if content[:1] == b"\x30":
            for less in _of_cms(content):
                yield container.write(media_type, _put(parts, number, (name, less)))
        elif name == container.XML_SIGNATURES:
            for less in _of_xml(content):
                yield container.write(media_type, _put(parts, number, (name, less)))
    if parts[-1][0] == container.names(2)[0]:
        yield container.write(media_type, parts[:-2])


def _of_record(document: bytes) -> Iterator[bytes]:
    """Without its last time-stamp, or what proves the one that is left, or the CRL that proves it
    for longer than the answer beside that; the hash function of its tree, which the time-stamp
    names, too, need not be said (RFC 4998 §4.1)."""
    *head, sequence = der.parts(document)
    [chain] = der.parts(sequence)
    first, *more = der.parts(chain)
    for fields in (der.parts(first), der.parts(first)[1:]):
        each = [der.sequence(*fields), *more]
        for count in range(1, len(each) + 1):
            *before, last = each[:count]
            *tree, token = der.parts(last)
            signed = SignedData.parse(token)
            fewer = _fewer(signed.revocation) if signed.revocation else ()
            less = [replace(signed, revocation=one).dump() for one in ((), *fewer)]
            for proven in (token, *less):
                chain = der.sequence(*before, der.sequence(*tree, proven))
                yield der.sequence(*head, der.sequence(chain))


_EARLIER = {
    "pdf": _of_pdf,
    "cms": _of_cms,
    "json": _of_json,
    "xml": _of_xml,
    "zip": _of_zip,
    "record": _of_record,
}
