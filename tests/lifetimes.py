"""What the tests of token lifetimes believe: who signed in, what descends from what."""

from dataclasses import dataclass

from idp.rules.interaction import ABSOLUTE_SECONDS
from idp.rules.tokens import REFRESH_SECONDS
from tests.provider import Browser


@dataclass
class SignedIn:
    """A session, and the browser that it is in."""

    browser: Browser
    auth_time: int
    seen_at: int
    ended: bool = False


@dataclass
class Family:
    """What descends from one grant."""

    client: str
    session: SignedIn
    offline: bool
    revoked: bool = False

    @property
    def alive(self) -> bool:
        return not self.revoked and (self.offline or not self.session.ended)

    def refresh_expiry(self, now: int) -> int:
        return now + REFRESH_SECONDS if self.offline else self.session.auth_time + ABSOLUTE_SECONDS


@dataclass(eq=False)
class Token:
    """A code or a token. `parent` is what an exchanged token came from; `swept` is what was so old
    that the provider forgot it."""

    handle: str
    family: Family
    expires_at: int
    holder: str
    parent: "Token | None" = None
    used_at: int | None = None
    successor: "Token | None" = None
    revoked: bool = False
    swept: bool = False

    def alive(self, now: int) -> bool:
        whole = self.parent is None or self.parent.alive(now)
        return self.family.alive and whole and not self.revoked and now < self.expires_at

    @property
    def generation(self) -> int:
        return 0 if self.parent is None else self.parent.generation + 1
