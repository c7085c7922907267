"""A file is written whole, in its place, and for those who might read it before."""

import stat
from pathlib import Path

from tra import archive, whole_file


def test_a_file_stays_readable_for_whom_it_was(tmp_path: Path) -> None:
    file = tmp_path / "letter.pdf"
    file.write_bytes(b"before")
    file.chmod(0o600)
    whole_file.write(file, b"after")
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"after", 0o600)
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_one_and_the_file_that_it_leads_to_is_written(tmp_path: Path) -> None:
    file, link = tmp_path / "letter.pdf", tmp_path / "link.pdf"
    file.write_bytes(b"before")
    link.symlink_to(file)
    whole_file.write(link, b"after")
    assert link.is_symlink()
    assert file.read_bytes() == b"after"


def test_a_stock_is_what_is_in_its_folder_and_not_what_links_lead_to(tmp_path: Path) -> None:
    stock, elsewhere = tmp_path / "stock", tmp_path / "elsewhere.pdf"
    stock.mkdir()
    elsewhere.write_bytes(b"%PDF-1.7")
    (stock / "link.pdf").symlink_to(elsewhere)
    (stock / "letter.pdf").write_bytes(b"%PDF-1.7")
    assert [one.name for one in archive.files_below(stock)] == ["letter.pdf"]
