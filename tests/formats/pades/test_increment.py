"""The revision with validation data: whoever reads the document, the same is written."""

import pytest

from signing.formats.digests import Hashed
from signing.formats.pades import increment, intake, sealing
from tests.formats.pades.test_own_seal import SHAPES, sign
from tests.seals import Sealer


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_written_does_not_depend_on_who_read_the_document(name: str) -> None:
    sealer, document = Sealer(), SHAPES[name]
    signed, data = sign(sealer, document), sealer.proofs()
    accepted = intake.check_with_pyhanko(document)
    part = sealing.add_validation_data(Hashed(document), accepted, signed[len(document) :], data)
    assert document + part == signed + increment.write(signed, data)
