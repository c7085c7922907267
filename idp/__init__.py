"""The OpenID provider: a citizen signs in once, to any government service."""
