"""Our trusted list is valid by ETSI's schema, which EU DSS carries, and speaks two languages."""

import asyncio
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from keys.revocation import Reason
from signing.store.authority import renew
from signing.web.trusted_list import issue
from tests.dss import BUILD
from tests.signing_service import OPERATOR, Visitor

TSL = "{http://uri.etsi.org/02231/v2#}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class Schemas(etree.Resolver):
    """The schemas in the jars of EU DSS, by their file names: nothing is fetched."""

    def __init__(self, *jars: str) -> None:
        self.held: dict[str, bytes] = {}
        for jar in jars:
            with zipfile.ZipFile(BUILD / "lib" / f"{jar}-6.4.jar") as packed:
                for name in packed.namelist():
                    if name.endswith(".xsd"):
                        self.held[Path(name).name] = packed.read(name)

    def resolve(self, system_url: str, _public_id: str | None, context: object) -> object:
        return self.resolve_string(self.held[system_url.rpartition("/")[2]], context)

    def read(self, name: str) -> etree.XMLSchema:
        parser = etree.XMLParser(no_network=True)
        parser.resolvers.add(self)
        return etree.XMLSchema(etree.fromstring(self.held[name], parser))


@pytest.mark.parametrize(
    ("jar", "name"),
    [
        ("specs-trusted-list-v211", "ts_119612v020101_xsd.xsd"),
        ("specs-trusted-list", "ts_119612v020401_xsd.xsd"),
    ],
)
def test_it_is_valid_by_the_schema_of_ts_119_612(visitor: Visitor, jar: str, name: str) -> None:
    schema = Schemas("specs-xmldsig", jar).read(name)
    service = visitor.service

    def newest() -> etree._Element:
        asyncio.run(issue(service.ctx))
        return etree.fromstring(visitor.http.get("/trusted-list.xml").content)

    schema.assertValid(newest())
    service.revoke(service.authorities.issuing.serial, Reason.CA_COMPROMISE)
    service.ledger.write_now(renew, service.custody, OPERATOR, service.clock.now())
    listed = newest()
    assert listed.find(f".//{TSL}ServiceHistoryInstance") is not None
    schema.assertValid(listed)
    listed.find(f".//{TSL}TSLSequenceNumber").text = "one"
    assert not schema.validate(listed)


def test_what_it_calls_something_it_calls_in_english_and_in_khmer(visitor: Visitor) -> None:
    asyncio.run(issue(visitor.service.ctx))
    listed = etree.fromstring(visitor.http.get("/trusted-list.xml").content)
    for kind in ("SchemeOperatorName", "SchemeName", "TSPName", "ServiceName"):
        for called in listed.iter(f"{TSL}{kind}"):
            english, khmer = called
            assert (english.get(LANG), khmer.get(LANG)) == ("en", "km")
            assert english.text.isascii()
            assert any("ក" <= letter <= "៹" for letter in khmer.text)
    notices = [one.get(LANG) for one in listed.iter(f"{TSL}TSLLegalNotice")]
    assert notices == ["en", "km"]
