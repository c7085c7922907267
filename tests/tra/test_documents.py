"""The documents that the code writes."""

from pathlib import Path

from core.audit import EventKind
from core.errors import Reason
from tra.documents import errors_document, events_document, settings_document, settle
from tra.settings import DEVELOPMENT_MASTER_KEY, Settings


def test_every_setting_is_listed_with_its_kind_and_default() -> None:
    page = settings_document()
    assert all(f"| `TRA_{name.upper()}` |" in page for name in Settings.model_fields)
    assert "| `TRA_PROCESSES` | number | `1` |" in page
    assert "| `TRA_ENVIRONMENT` | `development` or `production` | `development` |" in page


def test_no_key_stands_in_a_document() -> None:
    assert DEVELOPMENT_MASTER_KEY not in settings_document()


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_errors_and_events_are_rows_of_their_tables() -> None:
    error = Reason("code_expired", "invalid_grant", 400, "Ask again | or not.", "RFC 6749 §4.1.2")
    assert (
        "| `code_expired` | `invalid_grant` | 400 | Ask again \\| or not. | RFC 6749 §4.1.2 |"
        in errors_document([error])
    )
    event = EventKind("client:code:issue", "A code was issued.", ("client_id",))
    assert "| `client:code:issue` | A code was issued. | `client_id` |" in events_document([event])


def test_only_what_differs_is_written_and_a_check_writes_nothing(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "page.md"
    assert settle({page: "one"}, check=True) == [page]
    assert not page.exists()
    assert settle({page: "one"}, check=False) == [page]
    assert settle({page: "one"}, check=False) == []
    assert page.read_text() == "one"
