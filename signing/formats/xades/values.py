"""What elements hold in base64."""

import base64
import binascii

from signing.formats.xades.parsing import Element, Malformed, text


def decode(value: str) -> bytes:
    """Base64; raises Malformed."""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("not base64") from error


def tolerated(element: Element) -> bytes | None:
    """What an element holds in base64; None where it doesn't. Of what is not signed that is no
    fault: it proves nothing."""
    try:
        return decode("".join("".join(element.itertext()).split()))
    except Malformed:
        return None


def value_of(element: Element | None) -> bytes:
    """What an element holds, which fits nothing where it is not base64; raises Malformed where it
    is not there."""
    return (text(element) and tolerated(element)) or b""
