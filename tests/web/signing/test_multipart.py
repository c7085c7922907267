"""Forms as they arrive: what costs more to read than it can be worth is refused as it begins."""

import pytest

from core.errors import Refusal
from signing.rules.job import DOCUMENTS, JOB_TOO_LARGE
from signing.rules.reasons import TOO_MANY_DOCUMENTS
from signing.web.multipart import Parts
from tests.signing_service import Visitor

FORM = "multipart/form-data; boundary=b"
NOTHING = b"--b\r\n\r\n\r\n"


def test_a_form_is_refused_at_the_beginning_of_the_first_part_too_many() -> None:
    parts = Parts(FORM, 1_000, 3, TOO_MANY_DOCUMENTS)
    parts.feed(NOTHING * 3)
    with pytest.raises(Refusal) as refused:
        parts.feed(b"--b\r\nA")  # and not what would follow
    assert refused.value.reason is TOO_MANY_DOCUMENTS


@pytest.mark.parametrize(
    ("path", "most", "code"),
    [("/verify", 64, TOO_MANY_DOCUMENTS.code), ("/seals", 4 * DOCUMENTS, JOB_TOO_LARGE.code)],
)
def test_fields_that_nobody_asked_for_count_too(
    standing: Visitor, path: str, most: int, code: str
) -> None:
    headers = {"Content-Type": FORM, "Authorization": f"Bearer {standing.service.token()}"}
    for count, expected in ((most, "document_missing"), (most + 1, code)):
        content = NOTHING * count + b"--b--\r\n"
        answer = standing.http.post(path, content=content, headers=headers)
        assert answer.json()["code"] == expected
