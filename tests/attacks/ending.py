"""A signature of yesterday, of an authority that ends in three days: what proves it for years is to
be time-stamped before."""

from tests.attacks.pki import AT, DAY, NOW, root

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
ENDED = ROOT.authority("Ended", until=NOW + 3 * DAY)
SOMEBODY = ENDED.signer(until=NOW + 3 * DAY)
CLOCK = AUTHORITY.time_authority()
SIGNED = NOW - DAY
YEARS = AT + 290 * 86_400
CRLS = (ENDED.crl(until=NOW + 2 * DAY), ROOT.crl(until=NOW + 2 * DAY))
