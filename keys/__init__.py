"""The vault: the only package that touches private keys, and the only dice."""
