"""Trusted lists as XML (ETSI TS 119 612): ours is written; one whose signer is pinned is read."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from keys.certificates import Certificate
from signing.formats.seal import Identity
from signing.formats.trust import Anchors, together
from signing.formats.xades import parsing
from signing.formats.xades.enveloped import Enveloped
from signing.formats.xades.parsing import Element, Malformed
from signing.formats.xades.writing import TSL, add, base64_of, xml_time
from signing.rules.trusted_list import (
    STAMPING_TYPES,
    TRUSTED_TYPES,
    Operator,
    Period,
    Service,
    TrustedList,
    Words,
    recognised,
)

LIST_BYTES: Final = 20 * 1024 * 1024
SERVICES: Final = 20_000

_TAG: Final = "http://uri.etsi.org/19612/TSLTag"
_ROOT: Final = f"{{{TSL}}}TrustServiceStatusList"
_TOLD: Final = (f"{{{TSL}}}ServiceInformation", f"{{{TSL}}}ServiceHistoryInstance")
_LIST: Final = "http://uri.etsi.org/TrstSvc/TrustedList/"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_VERSION: Final = "6"  # of TS 119 612 v2.4.1: signed in XAdES B-B with SigningCertificateV2
LANGUAGES: Final = ("en", "km")
_FOR_EVER: Final = "65535"  # history is never taken away (§5.3.12)


class ListRefused(Exception):
    """The list is not one to rest trust on, and why."""


def write(of: TrustedList, by: Identity) -> bytes:
    """The list, signed (XAdES B-B)."""
    root = etree.Element(_ROOT, {"TSLTag": _TAG, "Id": "list"}, nsmap={None: TSL})
    _scheme(_add(root, "SchemeInformation"), of)
    provider = _add(_add(root, "TrustServiceProviderList"), "TrustServiceProvider")
    describe(_add(provider, "TSPInformation"), of.operator)
    services = _add(provider, "TSPServices")
    for service in of.services:
        _service(_add(services, "TSPService"), service)
    made = Enveloped(root)
    return made.assemble(made.sign(by, None, datetime.fromtimestamp(of.issued_at, UTC)).part)


def read(document: bytes, signer: bytes, now: int) -> Anchors:
    """Whom a list says to trust, and when: its authorities and time-stamp services that are
    recognised or were (TS 119 615). `signer` is the certificate (DER) that is pinned; raises
    ListRefused."""
    if len(document) > LIST_BYTES:
        raise ListRefused("it is too long")
    try:
        parsing.parse(document)
        root = _signed(document, signer)
        scheme = root.find(f"{{{TSL}}}SchemeInformation")
        if scheme is None:
            raise ListRefused("it tells of no scheme")
        if not _moment(scheme, "ListIssueDateTime") <= now:
            raise ListRefused("it is of the future")
        if _moment(scheme, "NextUpdate") < now:
            raise ListRefused("its next issue is overdue: fetch that")
        if sum(1 for _ in root.iter(*_TOLD)) > SERVICES:
            raise ListRefused("it has too many services")
        services = root.iter(f"{{{TSL}}}TSPService")
        return together(_trusted(service) for service in services)
    except Malformed as error:
        raise ListRefused(f"it cannot be read: {error}") from error


def is_list(document: bytes) -> bool:
    """Whether a file looks like a trusted list, and not like certificates."""
    return TSL.encode() in document[:4096] and b"TrustServiceStatusList" in document[:4096]


def _signed(document: bytes, signer: bytes) -> Element:
    """What the signature covers, which must be the whole list."""
    pinned = x509.load_der_x509_certificate(signer).public_bytes(Encoding.PEM).decode()
    asked = SignatureConfiguration(
        location="./", expect_references=True, ignore_ambiguous_key_info=True
    )
    try:
        results: Any = XMLVerifier().verify(document, x509_cert=pinned, expect_config=asked)
    except (SignXMLException, ValueError, TypeError, etree.LxmlError) as error:
        raise ListRefused("it is not signed by the certificate that is pinned") from error
    for result in results:
        if result.signed_xml is not None and result.signed_xml.tag == _ROOT:
            return result.signed_xml
    raise ListRefused("its signature does not cover it")


def _trusted(service: Element) -> Anchors:
    """The certificates of a service, where it is recognised or was. Its history may name the key
    alone (§5.6.3): the certificates are those of today."""
    told = [_period(one) for one in service.iter(*_TOLD)]
    signing, stamping = (recognised(told, kinds) for kinds in (TRUSTED_TYPES, STAMPING_TYPES))
    if not (signing or stamping):
        return Anchors(())
    held = service.iterfind(f"{_TOLD[0]}/{{{TSL}}}ServiceDigitalIdentity//{{{TSL}}}X509Certificate")
    known = tuple(_certificate(parsing.text(one)) for one in held)
    if signing:
        return Anchors(known, recognised=tuple((one, signing) for one in known))
    return Anchors((), stamping=known, recognised=tuple((one, stamping) for one in known))


def _period(told: Element) -> tuple[str, Period]:
    """What a service was or is, its status then, and since when (§5.5, §5.6)."""
    kind = parsing.text(told.find(f"{{{TSL}}}ServiceTypeIdentifier"))
    status = parsing.text(told.find(f"{{{TSL}}}ServiceStatus"))
    return kind, Period(status, _moment(told, "StatusStartingTime"))


def _certificate(encoded: str) -> bytes:
    try:
        der = base64.b64decode("".join(encoded.split()), validate=True)
        x509.load_der_x509_certificate(der)
    except (ValueError, binascii.Error) as error:
        raise Malformed("a service's certificate") from error
    return der


def _moment(held: Element, name: str) -> int:
    found = held.find(f"{{{TSL}}}{name}")
    within = found.find(f"{{{TSL}}}dateTime") if found is not None else None
    try:
        moment = datetime.fromisoformat(parsing.text(found if within is None else within).strip())
    except ValueError as error:
        raise Malformed(name) from error
    if moment.tzinfo is None:
        raise Malformed(f"{name} without a zone")
    return int(moment.timestamp())


def _scheme(held: Element, of: TrustedList) -> None:
    """§5.3, in the order of the schema."""
    who, country = of.operator, of.operator.country
    _add(held, "TSLVersionIdentifier", _VERSION)
    _add(held, "TSLSequenceNumber", str(of.sequence))
    _add(held, "TSLType", f"{_LIST}TSLType/{country}generic")
    _names(held, "SchemeOperatorName", who.name)
    _address(held, "SchemeOperatorAddress", who)
    scheme = Words(f"Trust services of {who.name.en}", f"សេវាទុកចិត្តរបស់ {who.name.km}")
    _names(held, "SchemeName", Words(f"{country}:{scheme.en}", f"{country}:{scheme.km}"))
    _uris(held, "SchemeInformationURI", who.information)
    _add(held, "StatusDeterminationApproach", f"{_LIST}StatusDetn/{country}determination")
    _uris(held, "SchemeTypeCommunityRules", f"{_LIST}schemerules/{country}")
    _add(held, "SchemeTerritory", country)
    _in_both(_add(held, "PolicyOrLegalNotice"), "TSLLegalNotice", _NOTICE)
    _add(held, "HistoricalInformationPeriod", _FOR_EVER)
    _add(held, "ListIssueDateTime", xml_time(of.issued_at))
    _add(_add(held, "NextUpdate"), "dateTime", xml_time(of.next_update))
    _add(_add(held, "DistributionPoints"), "URI", of.published_at)


def describe(held: Element, who: Operator) -> None:
    """Who provides a service (§5.4)."""
    _names(held, "TSPName", who.name)
    _add(_add(held, "TSPTradeName"), "Name", who.identifier).set(_LANG, "en")
    _address(held, "TSPAddress", who)
    _uris(held, "TSPInformationURI", who.information)


def _service(held: Element, service: Service) -> None:
    """§5.5 and §5.6."""
    _described(_add(held, "ServiceInformation"), service, service.now, whole=True)
    if service.history:
        history = _add(held, "ServiceHistory")
        for before in service.history:
            _described(_add(history, "ServiceHistoryInstance"), service, before, whole=False)


def _described(held: Element, service: Service, period: Period, *, whole: bool) -> None:
    certificate = Certificate.load(service.certificate)
    _add(held, "ServiceTypeIdentifier", service.kind)
    _names(held, "ServiceName", service.name)
    identity = _add(held, "ServiceDigitalIdentity")
    if whole:  # history names the key alone (§5.6.3)
        encoded = base64_of(certificate.der)
        _add(_add(identity, "DigitalId"), "X509Certificate", encoded)
        name = certificate.parsed.subject.rfc4514_string()
        _add(_add(identity, "DigitalId"), "X509SubjectName", name)
    key = base64_of(certificate.key_identifier)
    _add(_add(identity, "DigitalId"), "X509SKI", key)
    _add(held, "ServiceStatus", period.status)
    _add(held, "StatusStartingTime", xml_time(period.since))


def _address(held: Element, name: str, who: Operator) -> None:
    address = _add(held, name)
    postal = _add(_add(address, "PostalAddresses"), "PostalAddress")
    postal.set(_LANG, "en")
    parts = ("StreetAddress", "Locality", "PostalCode")
    for part, value in zip(parts, who.address, strict=True):
        _add(postal, part, value)
    _add(postal, "CountryName", who.country)
    _uris(address, "ElectronicAddress", who.electronic, who.information)


def _names(held: Element, name: str, value: Words) -> None:
    _in_both(_add(held, name), "Name", value)


def _in_both(held: Element, name: str, value: Words) -> None:
    """§5.1.4: one after the other, each with its language."""
    for lang in LANGUAGES:
        _add(held, name, getattr(value, lang)).set(_LANG, lang)


def _uris(held: Element, name: str, *values: str) -> None:
    made = _add(held, name)
    for value in values:
        _add(made, "URI", value).set(_LANG, "en")


def _add(parent: Element, name: str, text: str | None = None) -> Element:
    return add(parent, TSL, name, text)


_NOTICE: Final = Words(
    "This list tells which trust services its operator runs, and their status. It claims no "
    "qualification under a law.",
    "បញ្ជីនេះប្រាប់ថា ប្រតិបត្តិករដំណើរការសេវាទុកចិត្តណាខ្លះ និងស្ថានភាពនៃសេវាទាំងនោះ។ "
    "បញ្ជីនេះមិនអះអាងថា សេវាទាំងនោះមានលក្ខណៈសម្បត្តិតាមច្បាប់ណាមួយទេ។",
)
