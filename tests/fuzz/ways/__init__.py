"""Ways to hurt a file, by its kind."""

from tests.fuzz.ways import asn1, container, jws, octets, pdf, xml
from tests.fuzz.ways.octets import Mutated, Way

WAYS: dict[str, tuple[Way, ...]] = {
    "pdf": (*octets.WAYS, *pdf.WAYS),
    "record": (*octets.WAYS, *asn1.WAYS, *asn1.WAYS),
    "cms": (*octets.WAYS, *asn1.WAYS, *asn1.WAYS),
    "json": (*octets.WAYS, *jws.WAYS),
    "xml": (*octets.WAYS, *xml.WAYS),
    "zip": (*octets.WAYS, *container.WAYS, *container.WAYS),
}

__all__ = ["WAYS", "Mutated", "Way"]
