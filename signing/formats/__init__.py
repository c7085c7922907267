"""Signature formats, one package each."""

import logging

from signing.formats import names, spelling

spelling.install()
names.install()

# What pyHanko warns of becomes a finding of the report; in a log it would be noise that anyone
# who uploads a file could write.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)
