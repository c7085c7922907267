"""`python -m tests.conformance [--check]`: write docs/conformance.md, or compare it."""

import sys

from tests.conformance import DOCUMENT, document

if "--check" in sys.argv:
    if DOCUMENT.read_text(encoding="utf-8") != document():
        sys.exit("docs/conformance.md is out of date: run `make docs`")
else:
    DOCUMENT.write_text(document(), encoding="utf-8")
