"""What every test may ask for: a database of each kind, a clock that stands still."""

import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from core.clock import FixedClock
from tests import dss
from tests.browser import chromium, visit
from tests.dss import Judge
from tests.live import LiveProvider
from tests.postgres import Cluster
from tests.processes import logs

NEW_YEAR = datetime(2026, 4, 14, 2, 0, tzinfo=UTC)
"""Khmer New Year: when the tests take place."""


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NEW_YEAR)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server of this test process, on a Unix socket, gone with it."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: the same test on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite'}"
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.new_database()


@pytest.fixture(scope="session")
def live_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveProvider]:
    """A provider in its own process, for clients and browsers that we did not write."""
    provider = LiveProvider(tmp_path_factory.mktemp("provider"))
    with provider.serving():
        yield provider


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    """EU DSS, for as long as there are questions."""
    with dss.judge() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser process, shared by the tests of a module."""
    with chromium() as process:
        yield process


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window of a person who has never been here; what it must not do fails the test."""
    with visit(browser) as window:
        yield window


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the programs beside a failed test wrote belongs to its report."""
    report = yield
    if report.failed:
        report.sections.extend(logs())
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With CI=true nothing may be skipped: a test that did not run proves nothing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and os.environ.get("CI") and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
