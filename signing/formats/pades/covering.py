"""Whether a later signature's picture hides what an earlier one signed.

A signature that does not certify its document allows any later signature, and the picture of that
one may be as large as the page.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pyhanko.sign.validation import EmbeddedPdfSignature

_PAGE_SHARE: Final = 0.10
"""A picture that takes more of its page than this hides it; a usual one takes three hundredths."""

_NO_PAGE: Final = (0.0, 0.0, 595.0, 842.0)

Rectangle = tuple[float, float, float, float]


def covered(signed: EmbeddedPdfSignature, all_signatures: Iterable[EmbeddedPdfSignature]) -> bool:
    """Whether a later signature has a picture that is large, or lies on that of this one."""
    own = list(_pictures(signed))
    return any(
        _area(picture) > _PAGE_SHARE * _area(page)
        or any(same == where and _area(_common(picture, at)) > 0 for at, _, same in own)
        for later in all_signatures
        if later.signed_revision > signed.signed_revision
        for picture, page, where in _pictures(later)
    )


def _pictures(signature: EmbeddedPdfSignature) -> Iterator[tuple[Rectangle, Rectangle, Any]]:
    """Each place where a signature is drawn: its rectangle, that of its page, and the page."""
    field = signature.sig_field
    for widget in [kid.get_object() for kid in field["/Kids"]] if "/Kids" in field else [field]:
        if "/Rect" not in widget:
            continue
        rectangle = _rectangle(widget["/Rect"])
        page = _entry(widget, "/P")
        where = widget.raw_get("/P").reference if page is not None else None
        if _area(rectangle) > 0:
            yield _common(rectangle, _media_box(page)), _media_box(page), where


def _media_box(page: Any) -> Rectangle:
    """/MediaBox, which a page may inherit (ISO 32000-2 §7.7.3.4)."""
    for _ in range(32):
        if page is None or "/MediaBox" in page:
            break
        page = _entry(page, "/Parent")
    return _rectangle(page["/MediaBox"]) if page is not None else _NO_PAGE


def _entry(of: Any, name: str) -> Any:
    """An entry, followed where it is a reference: `get` follows none."""
    return of[name] if name in of else None  # noqa: SIM401


def _rectangle(corners: Any) -> Rectangle:
    left, bottom, right, top = (float(corner) for corner in corners)
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def _common(one: Rectangle, other: Rectangle) -> Rectangle:
    return (
        max(one[0], other[0]),
        max(one[1], other[1]),
        min(one[2], other[2]),
        min(one[3], other[3]),
    )


def _area(of: Rectangle) -> float:
    return max(0.0, of[2] - of[0]) * max(0.0, of[3] - of[1])
