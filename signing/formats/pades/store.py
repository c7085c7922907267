"""The validation data that a PDF carries (the DSS of ETSI EN 319 142-1 §5.4.2)."""

from collections.abc import Iterator
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.policy_decl import LocalKnowledge

from signing.formats import validation_data
from signing.formats.cms import WHATEVER

_MOST: Final = 1_024  # pieces of each kind that are read

_KINDS: Final = (
    (("/Certs", "/Cert"), DecodePurpose.CERTIFICATE),
    (("/CRLs", "/CRL"), DecodePurpose.CRL),
    (("/OCSPs", "/OCSP"), DecodePurpose.OCSP_RESPONSE),
)


def read(reader: PdfFileReader) -> LocalKnowledge:
    """What can be read of it: of what cannot, nothing is proven."""
    store = _entry(reader.root, "/DSS")
    if not isinstance(store, generic.DictionaryObject):
        return LocalKnowledge()
    of_signatures = _entry(store, "/VRI")
    names = list(of_signatures)[:_MOST] if _is_plain(of_signatures) else []
    within = [one for one in (_entry(of_signatures, name) for name in names) if _is_plain(one)]
    found = [
        list(dict.fromkeys(_streams(store, within, names, purpose))) for names, purpose in _KINDS
    ]
    return validation_data.known(*found)


def _streams(
    store: Any, within: list[Any], names: tuple[str, str], purpose: DecodePurpose
) -> Iterator[bytes]:
    """Those of one kind: of the whole document, then of each signature."""
    in_store, in_signature = names
    seen = set()
    lists = [_entry(store, in_store), *(_entry(one, in_signature) for one in within)]
    for listed in lists:
        for one in list(listed)[:_MOST] if isinstance(listed, generic.ArrayObject) else []:
            place = one.reference if isinstance(one, generic.IndirectObject) else id(one)
            if place in seen:
                continue
            seen.add(place)
            try:
                yield bytes(one.get_object().read_data(purpose))
            except WHATEVER:
                continue


def _is_plain(one: Any) -> bool:
    return isinstance(one, generic.DictionaryObject)


def _entry(of: Any, name: str) -> Any:
    try:
        return of[name]
    except WHATEVER:
        return None
