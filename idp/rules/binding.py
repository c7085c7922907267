"""What holds a token to its client (RFC 7800 §3.1): a DPoP key, or a certificate."""

import json
from dataclasses import dataclass

from core.errors import reason

SENDER_CONSTRAINT_MISSING = reason(
    "sender_constraint_missing",
    "invalid_request",
    400,
    "This client's tokens are bound: send a DPoP proof, or use the mTLS address with your "
    "certificate, as the client is registered.",
    "RFC 9449 §5, RFC 8705 §3, FAPI 2.0 SP 5.3.2.1",
)


@dataclass(frozen=True, slots=True)
class Binding:
    """The `cnf` member of a token: `jkt` (RFC 9449 §6.1) or `x5t#S256` (RFC 8705 §3.1)."""

    member: str
    thumbprint: str

    @property
    def cnf(self) -> dict[str, str]:
        return {self.member: self.thumbprint}

    @property
    def token_type(self) -> str:
        """RFC 9449 §5: DPoP; a certificate-bound token is still a Bearer one (RFC 8705 §3)."""
        return "DPoP" if self.member == JKT else "Bearer"

    def dump(self) -> str:
        return json.dumps(self.cnf)


JKT = "jkt"
X5T = "x5t#S256"


def load(text: str) -> Binding | None:
    """What `dump` wrote; '' is no binding."""
    if not text:
        return None
    [(member, thumbprint)] = json.loads(text).items()
    return Binding(member, thumbprint)


def token_type(binding: Binding | None) -> str:
    return "Bearer" if binding is None else binding.token_type
