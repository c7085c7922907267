"""A person at a browser without JavaScript, over real HTTP."""

import ssl
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx2

from tests.live import Person

MOST_PAGES = 5
"""On a way through the provider: user name and password, code, consent, and some to spare."""


@dataclass
class Form:
    """A form as it stands on a page. Its submit buttons are not among the fields."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(said["action"]))
        elif tag == "input" and self.found:
            self.found[-1].fields[said["name"]] = said.get("value", "")


class Visitor:
    """Follows redirects on this machine, and stops where one leads to another: `url` and `page`
    are where the person is. A redirect to another machine has no page."""

    def __init__(self, trust: Path | None = None) -> None:
        self.trust = ssl.create_default_context(cafile=trust)
        self.http = httpx2.Client(timeout=30, verify=self.trust)
        self.url = self.page = ""
        self.status = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def open(self, url: str) -> str:
        """Returns where the person arrived."""
        return self._follow(self.http.get(url))

    def submit(self, **typed: str) -> str:
        """Fill the page's form, send it; returns where the person arrived."""
        form = self._form()
        assert form is not None, self.page
        unknown = typed.keys() - form.fields.keys() - {"decision"}
        assert not unknown, f"no field {unknown} in {self.page}"
        return self._follow(
            self.http.post(urljoin(self.url, form.action), data=form.fields | typed)
        )

    def go_through(self, url: str, person: Person) -> str:
        """Open an address, and answer as that person whatever the provider asks on the way."""
        self.open(url)
        for _ in range(MOST_PAGES):
            form = self._form()
            if form is None:
                break
            if "password" in form.fields:
                self.submit(username=person.username, password=person.password)
            elif "code" in form.fields:
                self.submit(code=person.one_time_code())
            else:
                self.submit(decision="approve")
        return self.url

    def _form(self) -> Form | None:
        forms = _Forms()
        forms.feed(self.page)
        return forms.found[0] if forms.found else None

    def _follow(self, answer: httpx2.Response) -> str:
        self.url = str(answer.url)
        while answer.is_redirect:
            self.url = urljoin(self.url, answer.headers["location"])
            if urlsplit(self.url).hostname != "localhost":
                self.page, self.status = "", 0
                return self.url
            answer = self.http.get(self.url)
        self.page, self.status = answer.text, answer.status_code
        return self.url
