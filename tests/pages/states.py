"""Every page in every state that an endpoint can put it in."""

from tests.pages.provider_states import IDP
from tests.pages.signing_states import SIGNING
from tests.pages.state import NOTHING, ROOT, State

STATES = (*IDP, *SIGNING)

__all__ = ["IDP", "NOTHING", "ROOT", "SIGNING", "STATES", "State"]
