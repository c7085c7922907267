"""A seal of ours has one form in each format: what no signature covers cannot be written otherwise.

The fuzzer tries thousands (tests/fuzz); these are what it found, by name.
"""

import base64
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import orjson
import pytest

from keys import der
from keys.segments import decode, encode
from signing.formats.asic import container
from signing.formats.cades.signed_data import SignedData, SignerInfo
from tests.sealing import ask, ask_for_all
from tests.signing_service import Visitor

LETTER = b"A letter.\n"
FILES = (("letter.txt", LETTER, "text/plain"), ("data.csv", b"1,2\n", "text/csv"))

Change = Callable[[bytes], bytes]


def told(visitor: Visitor, document: bytes) -> tuple[str, str | None]:
    report = visitor.verify(document)
    return report["verdict"], report["sub_indication"]


def enveloping(visitor: Visitor, level: str) -> bytes:
    return bytes(ask(visitor, LETTER, format="cades-enveloping", level=level).content)


def with_signer(document: bytes, change: Callable[[SignerInfo], SignerInfo]) -> bytes:
    signed = SignedData.parse(document)
    [encoded] = signed.signer_infos
    return replace(signed, signer_infos=(change(SignerInfo.parse(encoded)).dump(),)).dump()


def attributes_in_another_order(document: bytes) -> bytes:
    def change(info: SignerInfo) -> SignerInfo:
        attributes = info.fields[3]
        swapped = der.tlv(attributes[0], *reversed(der.parts(attributes)))
        return replace(info, fields=(*info.fields[:3], swapped, *info.fields[4:]))

    return with_signer(document, change)


def without_an_answer(document: bytes) -> bytes:
    signed = SignedData.parse(document)
    answers = [one for one in signed.revocation if one[0] != 0x30]
    return replace(signed, revocation=tuple(set(signed.revocation) - {answers[0]})).dump()


def without_a_crl(document: bytes) -> bytes:
    signed = SignedData.parse(document)
    return replace(signed, revocation=signed.revocation[1:]).dump()


def with_an_unsigned_attribute(document: bytes) -> bytes:
    more = der.sequence(der.oid("1.2.3"), der.set_of(der.NULL))
    return with_signer(document, lambda info: info.with_unsigned(more))


def without_its_time_stamp(document: bytes) -> bytes:
    return with_signer(document, lambda info: replace(info, unsigned=()))


def with_its_signer_twice(document: bytes) -> bytes:
    signed = SignedData.parse(document)
    return replace(signed, signer_infos=signed.signer_infos * 2).dump()


def in_ber(document: bytes) -> bytes:
    body = der.content(document)
    return b"\x30\x80" + body + b"\x00\x00"


def with_a_line_end(document: bytes) -> bytes:
    return document + b"\n"


@pytest.mark.parametrize(
    "change",
    [
        attributes_in_another_order,
        without_an_answer,
        without_a_crl,
        with_an_unsigned_attribute,
        with_its_signer_twice,
        without_its_time_stamp,
        in_ber,
        with_a_line_end,
    ],
)
@pytest.mark.rule("attacks.one-form")
def test_a_cms_that_is_written_otherwise_is_a_fault_of_format(
    standing: Visitor, change: Change
) -> None:
    sealed = enveloping(standing, "B-LT")
    assert told(standing, sealed) == ("authentic", None)
    assert change(sealed) != sealed
    assert told(standing, change(sealed)) == ("changed", "FORMAT_FAILURE")


def test_armour_around_a_cms_is_anybody_s(standing: Visitor) -> None:
    text = b"-----BEGIN CMS-----\n%s\n-----END CMS-----\n" % base64.encodebytes(
        enveloping(standing, "B-T")
    )
    assert told(standing, text) == ("authentic", None)


def json(visitor: Visitor, level: str = "B-LT") -> bytes:
    return bytes(ask(visitor, b'{"a": 1}', format="jades", level=level).content)


def component(document: bytes, number: int, change: Callable[[bytes], bytes]) -> bytes:
    said = orjson.loads(document)
    unsigned = said["header"]["etsiU"]
    unsigned[number] = encode(change(decode(unsigned[number])))
    return bytes(orjson.dumps(said))


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.replace(b",", b", ", 1),
        lambda document: document.replace(b'"payload"', b'"p\\u0061yload"'),
        lambda document: orjson.dumps(dict(sorted(orjson.loads(document).items(), reverse=True))),
        lambda document: component(document, 1, lambda text: text + b" "),
        lambda document: component(document, 0, lambda _: b'{"sigTst":{"tstTokens":[]}}'),
    ],
    ids=["space", "escape", "order", "space within", "no token"],
)
@pytest.mark.rule("attacks.one-form")
def test_a_jws_that_is_written_otherwise_is_a_fault_of_format(
    standing: Visitor, change: Change
) -> None:
    sealed = json(standing)
    assert change(sealed) != sealed
    assert told(standing, change(sealed)) == ("changed", "FORMAT_FAILURE")


def more_than_a_token(text: bytes) -> bytes:
    return text.replace(b'{"tstTokens"', b'{"x":1,"tstTokens"')


def lost_bits(text: bytes) -> bytes:
    """Base64 whose last character has bits that nobody reads (RFC 4648 §3.5)."""
    kept, _, padding = text.rpartition(b"=")
    assert padding == b'"}]}}', "a token of a length that base64 fills up"
    kept = kept.rstrip(b"=")
    return text.replace(kept[-1:] + text[len(kept) :], bytes([kept[-1] + 1]) + text[len(kept) :])


@pytest.mark.parametrize("change", [more_than_a_token, lost_bits])
@pytest.mark.rule("attacks.one-form")
def test_the_last_time_stamp_of_a_jws_has_one_form(
    standing: Visitor, change: Callable[[bytes], bytes]
) -> None:
    sealed = next(one for one in iter(lambda: json(standing, "B-LTA"), None) if is_filled_up(one))
    changed = component(sealed, -1, change)
    assert changed != sealed
    assert told(standing, sealed) == ("authentic", None)
    assert told(standing, changed) == ("changed", "FORMAT_FAILURE")


def is_filled_up(sealed: bytes) -> bool:
    return b'="}]}}' in decode(orjson.loads(sealed)["header"]["etsiU"][-1])


def test_a_signature_twice_is_a_fault_of_format(standing: Visitor) -> None:
    kind = "application/jose+json"
    twice = orjson.loads(ask(standing, json(standing), kind=kind).content)
    twice["signatures"].append(twice["signatures"][0])
    assert told(standing, orjson.dumps(twice)) == ("changed", "FORMAT_FAILURE")


def entries(document: bytes) -> list[tuple[str, bytes]]:
    with ZipFile(BytesIO(document)) as found:
        return [(one.filename, found.read(one)) for one in found.infolist()][1:]


def packed_again(document: bytes) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as made:
        for name, content in [("mimetype", container.EXTENDED.encode()), *entries(document)]:
            made.writestr(name, content)
    return out.getvalue()


def in_another_order(document: bytes) -> bytes:
    first, second, *rest = entries(document)
    return container.write(container.EXTENDED, (second, first, *rest))


def with_another_manifest(document: bytes) -> bytes:
    """One that no signature is over."""
    held = dict(entries(document))
    listed = next(name for name in held if "anifest" in name)
    return container.write(
        container.EXTENDED,
        (*held.items(), ("META-INF/ASiCManifest009.xml", held[listed].replace(b"001", b"009"))),
    )


@pytest.mark.parametrize("wanted", ["asic-e", "asic-e-xades"])
@pytest.mark.parametrize("change", [packed_again, in_another_order])
@pytest.mark.rule("attacks.one-form")
def test_a_container_that_is_packed_otherwise_is_a_fault_of_format(
    standing: Visitor, wanted: str, change: Change
) -> None:
    sealed = ask_for_all(standing, *FILES, format=wanted).content
    assert told(standing, sealed) == ("authentic", None)
    assert told(standing, change(sealed)) == ("changed", "FORMAT_FAILURE")


def test_a_manifest_that_no_signature_is_over_is_a_fault_of_format(standing: Visitor) -> None:
    sealed = ask_for_all(standing, *FILES, format="asic-e").content
    assert told(standing, with_another_manifest(sealed)) == ("changed", "FORMAT_FAILURE")


def test_manifests_under_each_other_s_name_are_a_fault_of_format(standing: Visitor) -> None:
    once = ask_for_all(standing, *FILES, format="asic-e").content
    held = dict(entries(ask(standing, once, kind="application/vnd.etsi.asic-e+zip").content))
    first, second = (container.names(number)[1] for number in (1, 2))
    held[first], held[second] = held[second], held[first]
    swapped = container.write(container.EXTENDED, held.items())
    assert told(standing, swapped) == ("changed", "FORMAT_FAILURE")


def test_the_name_of_the_one_file_is_signed_with_it(standing: Visitor) -> None:
    sealed = ask_for_all(standing, FILES[0], format="asic-s").content
    [(_, content), (_, signature)] = entries(sealed)
    renamed = container.simple("licence.txt", content, signature)
    assert told(standing, renamed) == ("changed", "FORMAT_FAILURE")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b'"seal"', b"'seal'", 1),
        lambda text: text.replace(b"<ds:SignedInfo>", b"<ds:SignedInfo >"),
        lambda text: text.replace(b"<ds:SignedInfo>", b"<!-- --><ds:SignedInfo>"),
        lambda text: text.replace(b"xades:", b"x:").replace(b"xmlns:xades", b"xmlns:x"),
        lambda text: b'<?xml version="1.0"?>' + text,
    ],
    ids=["quotes", "space", "comment", "prefix", "declaration"],
)
@pytest.mark.rule("attacks.one-form")
def test_xml_that_is_written_otherwise_is_a_fault_of_format(
    standing: Visitor, change: Change
) -> None:
    sealed = ask_for_all(standing, *FILES, format="asic-e-xades").content
    *held, (name, text) = entries(sealed)
    assert change(text) != text
    changed = container.write(container.EXTENDED, (*held, (name, change(text))))
    assert told(standing, changed) == ("changed", "FORMAT_FAILURE")
