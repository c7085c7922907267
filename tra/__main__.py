"""`python -m tra`: the `tra` command of this interpreter."""

from tra.cli import main

main()
