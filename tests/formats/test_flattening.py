"""Flattening is done where it is honest, and refused where it is not."""

from typing import Any

import pytest

from core.errors import Refusal
from signing.formats.flattening import NO_PICTURE, SIGNED
from signing.formats.pades import intake
from signing.formats.pdfium import NoAnswer, ask
from tests.documents import page_objects, pdf, plain_pdf, stream

WIDGET = b"<< /Type /Annot /Subtype /Widget /T (name) /Rect [72 500 300 520] /F 4 %s >>"
TEXT = b"/FT /Tx /V (Dara Sok) /DA (/F1 12 Tf 0 g)"
DRAWN = (
    b"<< /Type /XObject /Subtype /Form /BBox [0 0 228 20] /Resources << /Font << /F1 5 0 R >> >>"
    b" /Length %d >>\nstream\n%s\nendstream"
)
PICTURE = b"BT /F1 12 Tf 2 4 Td (Dara Sok) Tj ET"


def form(field: bytes, acro_form: bytes = b"", catalogue: bytes = b"", **objects: bytes) -> bytes:
    return pdf(
        page_objects(
            catalogue=b"/AcroForm << /Fields [7 0 R] %s >> %s" % (acro_form, catalogue),
            page=b"/Annots [7 0 R]",
            o7=WIDGET % field,
            o8=DRAWN % (len(PICTURE), PICTURE),
            **objects,
        )
    )


def flatten(document: bytes) -> tuple[Any, bytes]:
    told, files = ask("flatten", document)
    return told["problem"], files[0] if files else b""


FILLED = form(TEXT + b" /AP << /N 8 0 R >>")


def test_a_filled_in_form_can_be_sealed_once_it_is_flat() -> None:
    with pytest.raises(Refusal, match="pdf_form_fields"):
        intake.check(FILLED)
    problem, flat = flatten(FILLED)
    assert problem is None
    assert intake.check(flat).certify


def test_what_is_flat_looks_as_before() -> None:
    _, flat = flatten(FILLED)
    told, _ = ask("compare", FILLED, flat)
    assert told["differing"] == []
    empty, _ = ask("compare", plain_pdf(), flat)
    assert empty["differing"] == [1], "what was filled in can be seen"


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (form(TEXT), NO_PICTURE),
        (form(TEXT + b" /AP << /N 8 0 R >>", b"/NeedAppearances true"), NO_PICTURE),
        (form(b"/FT /Sig /V 9 0 R", o9=b"<< /Type /Sig >>"), SIGNED),
    ],
    ids=["no picture", "pictures by readers", "signed"],
)
def test_flattening_that_is_not_honest_is_refused(document: bytes, problem: str) -> None:
    assert flatten(document) == (problem, b"")


def test_what_moves_or_runs_is_still_refused_after() -> None:
    script = b"/OpenAction << /S /JavaScript /JS (1) >>"
    _, flat = flatten(form(TEXT + b" /AP << /N 8 0 R >>", catalogue=script))
    with pytest.raises(Refusal, match="pdf_javascript"):
        intake.check(flat)


@pytest.mark.parametrize("document", [b"", b"no PDF", stream(b"x"), plain_pdf()[:80]])
def test_what_cannot_be_read_has_no_answer(document: bytes) -> None:
    with pytest.raises(NoAnswer):
        ask("flatten", document)
