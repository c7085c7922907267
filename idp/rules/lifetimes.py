"""How long our signing keys are known to others before and after they sign (OIDC Core 10.1.1)."""

from typing import Final

from idp.rules.interaction import ABSOLUTE_SECONDS
from idp.rules.tokens import ID_TOKEN_SECONDS
from keys.rotation import RotationPolicy

JWKS_SECONDS: Final = 300
"""How long the metadata and the JWKS may be cached."""

KEY_POLICY: Final = RotationPolicy(
    publish_before=2 * JWKS_SECONDS,
    # An ID token outlives its expiry as id_token_hint, for as long as the session it is of.
    keep_after=ABSOLUTE_SECONDS + ID_TOKEN_SECONDS,
)
"""Without a lifetime: that is the operator's to say."""
