"""What is over is swept out: found by its age, of however much there is."""

import re
from typing import Any

import pytest

from clients.store import registration as invitations
from core.database import Ledger
from idp.app import SWEPT
from tests.store.plans import plans

NOW = 1_776_132_000
_WHOLE = re.compile(r"Seq Scan|SCAN (?!.* USING )")
"""How the two databases say that they read a table from its beginning to its end."""


FEW = (invitations,)  # an operator's own


@pytest.mark.parametrize("store", [store for store in SWEPT if store not in FEW])
def test_what_is_swept_out_is_found_by_an_index(ledger: Ledger, store: Any) -> None:
    for told in plans(ledger, store.forget_old, NOW):
        assert not _WHOLE.search(told)
