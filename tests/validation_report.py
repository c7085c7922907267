"""What judges a validation report: the schema that ETSI publishes, as EU DSS carries it, and us."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from zipfile import ZipFile

from lxml import etree

from tests.dss import BUILD
from tests.signing_service import Visitor

VR = "{http://uri.etsi.org/19102/v1.4.1#}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
_VERSION = "6.4"
_XSD = {
    "1910202xmlSchema.xsd": "specs-validation-report",
    "xmldsig-core-schema.xsd": "specs-xmldsig",
    "xml.xsd": "specs-xmldsig",
    "XAdES01903v132-202407.xsd": "specs-xades",
    "ts_119612v020401_xsd.xsd": "specs-trusted-list",
    "ts_119612v020401_sie_xsd.xsd": "specs-trusted-list",
    "ts_119612v020401_additionaltypes_xsd.xsd": "specs-trusted-list",
}
_ELSEWHERE = {
    "XAdES.xsd": "XAdES01903v132-202407.xsd",
    "ts_119612v020201_201601xsd.xsd": "ts_119612v020401_xsd.xsd",
    "19612_xsd.xsd": "ts_119612v020401_xsd.xsd",
}
"""What one schema calls another: the newest of the same namespace."""


class _Files(etree.Resolver):  # type: ignore[misc]  # lxml has no types
    def resolve(self, url: str, public_id: str | None, context: Any) -> Any:
        return self.resolve_string(_file(url.rpartition("/")[2]), context, base_url=url)


def _file(name: str) -> bytes:
    name = _ELSEWHERE.get(name, name)
    jar = BUILD / "lib" / f"{_XSD[name]}-{_VERSION}.jar"
    assert jar.is_file(), "run `make judge`"
    with ZipFile(jar) as held:
        return held.read(f"xsd/{name}")


@cache
def schema() -> Any:
    """TS 119 102-2 v1.4.1, with what it rests on."""
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Files())
    root = etree.fromstring(_file("1910202xmlSchema.xsd"), parser, base_url="file:///xsd/root.xsd")
    return etree.XMLSchema(root)


def check_sealed_by_the_service(visitor: Visitor, report: bytes, changed: bytes) -> None:
    """Whoever is handed a report checks it as any document."""
    told = visitor.verify(report)
    [signature] = told["signatures"]
    assert (told["verdict"], signature["level"]) == ("authentic", "B-LT")
    assert signature["signer"]["common_name"] == "Tra Verification"
    assert changed != report
    assert visitor.verify(changed)["verdict"] == "changed"


def read(report: bytes) -> Any:
    """The root of a report that is as the schema demands."""
    root = etree.fromstring(report)
    schema().assertValid(root)
    return root


@dataclass(frozen=True)
class Grounds:
    """What a report says that a signature's verdict rests on: the digest of what its value is over
    (DTBSR), and the SHA-256 of each certificate from the signer's to the root, which is last."""

    representation: tuple[str, bytes]
    path: tuple[bytes, ...]


def grounds(root: Any) -> list[Grounds]:
    """Of each signature in a report, whoever wrote it."""
    objects = {one.get("id"): one for one in root.iter(f"{VR}ValidationObject")}
    return [
        Grounds(_digest(one.find(f"{VR}SignatureIdentifier")), tuple(_path(one, objects)))
        for one in root.findall(f"{VR}SignatureValidationReport")
    ]


def _path(found: Any, objects: dict[str, Any]) -> Iterator[bytes]:
    """The trust anchor is named by itself, and as the end of the path."""
    data = f"{VR}SignatureValidationStatus/{VR}AssociatedValidationReportData"
    path = found.find(f"{data}/{VR}CertificateChain")
    for certificate in () if path is None else path:
        yield _digest(objects[certificate.get("VOReference")])[1]
    if path is not None:
        assert path[-1].tag == f"{VR}TrustAnchor"
        assert found.find(f"{data}/{VR}TrustAnchor").attrib == path[-1].attrib


def _digest(held: Any) -> tuple[str, bytes]:
    method = held.find(f".//{DS}DigestMethod").get("Algorithm")
    return method, base64.b64decode(held.findtext(f".//{DS}DigestValue"))
