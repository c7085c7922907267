"""Updates of a tagged PDF after a signature: what they add to its structure (ISO 32000-2 §14.7)."""

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from tests.attacks.signed_pdf import signed_pdf
from tests.attacks.test_pdf import updated
from tests.attacks.test_pdf_forms import new_field
from tests.attacks.test_pdf_updates import Change, Writer, change_of, put, report, sign, text
from tests.attacks.verdicts import MALFORMED, PASSED, told

TAGGED: dict[str, bytes] = {
    "o30": b"<< /Type /StructTreeRoot /K [31 0 R] /ParentTree 32 0 R /ParentTreeNextKey 1 >>",
    "o31": b"<< /Type /StructElem /S /Document /P 30 0 R /K 33 0 R >>",
    "o32": b"<< /Nums [0 34 0 R] >>",
    "o33": b"<< /Type /StructElem /S /P /P 31 0 R /Pg 3 0 R /K 0 /Alt (Certificate) >>",
    "o34": b"[33 0 R]",
}


def add_tags(
    *, of: str = "the field", role: str = "/Form", change: int | None = None, alt: str | None = None
) -> Change:
    """An empty signature field with its element in the structure, as Acrobat adds it."""

    def ref(number: int) -> generic.PdfObject:
        return generic.IndirectObject(number, 0, None)

    def change_all(writer: Writer) -> None:
        new_field()(writer)
        fields = writer.root["/AcroForm"]["/Fields"]
        over = fields.raw_get(len(fields) - 1) if of == "the field" else ref(4)
        about = {"Type": pdf_name("/OBJR"), "Obj": over}
        element = {"S": pdf_name(role), "P": ref(31), "K": _dictionary(**about)}
        element |= {"Alt": text(alt)} if alt is not None else {}
        added = writer.add_object(_dictionary(**element))
        change_of(31, K=generic.ArrayObject([ref(33), added]))(writer)
        numbers = [generic.NumberObject(0), ref(34), generic.NumberObject(1), added]
        tree = writer.add_object(_dictionary(Nums=generic.ArrayObject(numbers)))
        change_of(30, ParentTree=tree, ParentTreeNextKey=generic.NumberObject(2))(writer)
        if change is not None:
            put(change, generic.ArrayObject([added]))(writer)

    return change_all


def _dictionary(**entries: generic.PdfObject) -> generic.DictionaryObject:
    return generic.DictionaryObject({pdf_name("/" + name): one for name, one in entries.items()})


def tagged() -> bytes:
    whole = b"/AcroForm << /Fields [6 0 R] /SigFlags 3 >> /StructTreeRoot 30 0 R"
    return signed_pdf(
        sign,
        o1=b"<< /Type /Catalog /Pages 2 0 R %s >>" % whole,
        **TAGGED,  # type: ignore[arg-type]
    )


def test_the_structure_grows_with_a_signature() -> None:
    signed = tagged()
    once = updated(signed, add_tags())
    assert told(report(once)) == PASSED
    for odd in (
        {"of": "the page"},
        {"role": "/P"},
        {"alt": "Forged"},
        {"change": 34},
        {"change": 33},
        {"change": 32},
    ):
        assert told(report(updated(signed, add_tags(**odd)))) == MALFORMED, odd
    for later in (
        change_of(33, Alt=text("Forged")),
        change_of(31, K=None),
        change_of(30, K=generic.ArrayObject()),
    ):
        assert told(report(updated(signed, later))) == MALFORMED
        assert told(report(updated(once, later))) == MALFORMED
    assert told(report(updated(signed, change_of(32, Nums=generic.ArrayObject())))) == MALFORMED
