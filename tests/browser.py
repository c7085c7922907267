"""A real browser for the tests: headless Chromium from Debian, driven by Playwright.

`browser` and `page` are fixtures (tests/conftest.py). Playwright keeps an event loop in the thread
that drives it: a module that asks for a browser cannot also call `asyncio.run`.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, sync_playwright
from starlette.types import ASGIApp

WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_CHROMIUM = Path("/usr/bin/chromium")
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_OURS = {"localhost", "127.0.0.1"}


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser process; a `visit` is a person at it."""
    if not _CHROMIUM.exists():
        raise RuntimeError("Chromium is not installed: run `make system`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_QUIET)
        yield browser
        browser.close()


@contextmanager
def visit(browser: Browser, **options: Any) -> Iterator[Page]:
    """A window with no cookies yet. `options` are those of Playwright's `new_context`.

    Fails afterwards if a page asked another machine for anything, broke the content security
    policy, or had an error in a script.
    """
    wrongs: list[str] = []

    def watch(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https") and address.hostname not in _OURS:
            wrongs.append(f"asked another machine: {request.url}")

    context = browser.new_context(**{"ignore_https_errors": True, "locale": "km-KH", **options})
    context.on("request", watch)
    context.on("weberror", lambda error: wrongs.append(f"script: {error.error}"))
    context.on(
        "console",
        lambda said: wrongs.append(said.text) if "Content Security Policy" in said.text else None,
    )
    context.set_default_timeout(15_000)
    try:
        yield context.new_page()
    finally:
        context.close()
    if wrongs:
        raise AssertionError("\n".join(wrongs))


def violations(page: Page, only: Sequence[str] = ()) -> list[str]:
    """What axe-core finds on the page as it stands, one line a finding: by the rules named, else
    by WCAG 2.2 AA and its best practices."""
    rules = (
        {"type": "rule", "values": list(only)} if only else {"type": "tag", "values": WCAG_22_AA}
    )
    options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    found = Axe().run(page, options=options)  # no rule but that of device orientation preloads
    return [
        f"{rule['id']}: {rule['help']} at {' '.join(map(str, node['target']))}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]


@contextmanager
def serve(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve an application on this machine, on a free port unless told; yields its origin."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="auto")
    )
    ready = threading.Event()
    announce = server.startup

    async def startup(*arguments: Any, **named: Any) -> None:
        await announce(*arguments, **named)
        ready.set()

    server.startup = startup  # type: ignore[method-assign]  # uvicorn tells nobody when it listens
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        if not ready.wait(20) or not server.started:
            raise RuntimeError("the application did not start")
        listening = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://localhost:{listening}"
    finally:
        server.should_exit = True
        thread.join(20)
