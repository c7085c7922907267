"""Packages of office documents (ECMA-376 part 2), and the signatures in them."""
