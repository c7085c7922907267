"""The unsigned components of a JAdES signature (TS 119 182-1 §5.3): time-stamps, proofs."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from asn1crypto import cms
from pyhanko.sign.validation.policy_decl import LocalKnowledge

from signing.formats import statuses, time_stamps, validation_data
from signing.formats.cms import token
from signing.formats.jades.jws import Jws, Malformed, base64url, dumps, loads
from signing.formats.time_stamps import Stamp
from signing.rules.report import StampKind

_MOST: Final = 64
HASHES: Final = {"S256": "sha256", "S384": "sha384", "S512": "sha512"}
"""The digest algorithms of §5.2.2.3, by their names in JSON."""

_REFERENCES: Final = ("xRefs", "rRefs", "axRefs", "arRefs")
_URL: Final = str.maketrans("-_", "+/")
_STAMPS: Final = frozenset({"sigTst", "sigRTst", "rfsTst", "arcTst"})

_ESCAPED: Final = re.compile("[\x7f-\x9f\u2000-\u20ff]")

Component = tuple[str, Any, str | None]
"""A component's name, its value, and what time-stamps over it take of it, if they can."""


def components(jws: Jws) -> list[Component]:
    """The elements of etsiU, all of them in base64url or all in clear (§5.3.1). They are not
    signed: what is none proves nothing. Raises Malformed where there are too many."""
    listed = jws.unprotected.get("etsiU", [])
    if not isinstance(listed, list):
        return []
    if len(listed) > _MOST:
        raise Malformed("etsiU")
    mixed = len({isinstance(each, str) for each in listed}) > 1
    found: list[Component] = []
    for each in listed:
        name, value = _component(each)
        text = each if isinstance(each, str) else in_clear(value)
        found.append((name, value, None if mixed else text))
    return found


def _component(each: Any) -> tuple[str, Any]:
    """A component's name and value; it has no name where it is none."""
    try:
        clear = loads(base64url(each)) if isinstance(each, str) else each
    except Malformed:
        return "", None
    if not isinstance(clear, dict) or len(clear) != 1:
        return "", clear
    [(name, value)] = clear.items()
    return name, value


def in_clear(value: Any) -> str:
    """What a time-stamp is over of a component that came in clear. There is no canonical form of it
    (§5.4.3.3, canonAlg, names none): it is EU DSS's, its value as short as it can be said."""
    return _ESCAPED.sub(lambda one: f"\\u{ord(one[0]):04X}", dumps(value))


def stamps(jws: Jws, found: list[Component]) -> tuple[Stamp, ...]:
    """§5.3.4: over the signature value in base64url; §A.1.5: over that and the references to its
    proofs, or these alone."""
    made: list[Stamp] = []
    for number, (name, value, _) in enumerate(found):
        if name == "sigTst":
            made += time_stamps.over(_tokens(value), jws.signature.encode())
        elif name in {"sigRTst", "rfsTst"}:
            made += _over_references(jws, found, number)
    return tuple(made)


def content(jws: Jws, payload: bytes | None) -> tuple[Stamp, ...]:
    """§5.2.6: over what is to be signed, in the signed header."""
    said = jws.header.get("adoTst")
    return time_stamps.over(_tokens(said), payload) if payload is not None else ()


def _over_references(jws: Jws, found: list[Component], number: int) -> Iterator[Stamp]:
    name, value, _ = found[number]
    signature = name == "sigRTst"
    kinds = {*_REFERENCES, *(("sigTst",) if signature else ())}
    held = [one for one in found[:number] if one[0] in kinds]
    over = _texts(held)
    if over is not None and signature:
        over = f"{jws.signature}.{over}"
    covers = (
        *statuses.ids(validation_data.referenced(knowledge(found), _references(held))),
        *time_stamps.covered(tokens(held)),
    )
    for stamp in _over(value, over, covers):
        yield replace(stamp, kind=StampKind.VALIDATION_DATA, signature=signature)


def _references(held: list[Component]) -> Iterator[tuple[str, bytes]]:
    """The digests in xRefs and rRefs (§A.1.1, §A.1.2)."""
    for _, value, _ in held:
        lists = value.values() if isinstance(value, dict) else [value]
        for one in (each for listed in lists if isinstance(listed, list) for each in listed):
            if isinstance(one, dict) and isinstance(one.get("digVal"), str):
                name = HASHES.get(str(one.get("digAlg")), "")
                yield from ((name, octets) for octets in _octets(one["digVal"].translate(_URL)))


def tokens(found: list[Component]) -> Iterator[cms.SignedData]:
    """Every time-stamp there is."""
    for name, value, _ in found:
        if name in _STAMPS:
            yield from _tokens(value)


def archives(jws: Jws, found: list[Component], payload: bytes | None) -> tuple[Stamp, ...]:
    """§5.3.6: archive time-stamps, each over everything before it."""
    made: list[Stamp] = []
    for number, (name, value, _) in enumerate(found):
        if name == "arcTst" and payload is not None:
            before = _texts(found[:number])
            over = None if before is None else f".{jws.protected}.{jws.signature}.{before}"
            made += _over(value, over, tuple(_covered(found[:number])), payload)
    return tuple(made)


def _texts(found: list[Component]) -> str | None:
    """Components one after the other; None where they came in more ways than one."""
    texts = [text for _, _, text in found if text is not None]
    return "".join(texts) if len(texts) == len(found) else None


def _over(
    container: Any, text: str | None, covers: tuple[str, ...], payload: bytes = b""
) -> Iterator[Stamp]:
    """The tokens of a container over a text; over nothing that can be told where there is none."""
    if text is not None:
        yield from time_stamps.over(_tokens(container), payload + text.encode(), covers)
        return
    for each in _tokens(container):
        yield Stamp(each, _unknown)


def _unknown(_: str) -> bytes:
    raise ValueError("what it is over has no one form")


def _covered(before: list[Component]) -> Iterator[str]:
    """The ids of what an archive time-stamp proves the existence of."""
    yield from statuses.ids(knowledge(before))
    yield from time_stamps.covered(tokens(before))


def knowledge(found: list[Component]) -> LocalKnowledge:
    """§5.3.5, §5.3.7: certificates, CRLs and OCSP answers by value."""
    values: dict[str, list[bytes]] = {"x509Cert": [], "crlVals": [], "ocspVals": []}
    for name, value, _ in found:
        for held in value.values() if name in {"tstVD", "anyValData"} else [value]:
            _collect(held, values)
    return validation_data.known(values["x509Cert"], values["crlVals"], values["ocspVals"])


def _collect(held: Any, values: dict[str, list[bytes]]) -> None:
    if isinstance(held, list):  # xVals
        for each in held:
            if isinstance(each, dict) and "x509Cert" in each:
                values["x509Cert"] += _octets(each["x509Cert"])
        return
    for name in ("crlVals", "ocspVals"):
        for each in held.get(name, []) if isinstance(held, dict) else []:
            values[name] += _octets(each)


def _tokens(container: Any) -> Iterator[cms.SignedData]:
    """A tstContainer's tokens (§5.4.3.3)."""
    listed = container.get("tstTokens", []) if isinstance(container, dict) else []
    for each in listed[:_MOST] if isinstance(listed, list) else []:
        for encoded in _octets(each):
            yield token(encoded)


def _octets(each: Any) -> list[bytes]:
    """A pkiOb (§5.4.1): base64, or an object that has it as `val`."""
    text = each.get("val") if isinstance(each, dict) else each
    try:
        padded = text + "=" * (-len(text) % 4) if isinstance(text, str) else ""
        return [base64.b64decode(padded, validate=True)] if padded else []
    except binascii.Error:
        return []
