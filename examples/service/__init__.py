"""A government service in one file: people sign in with Tra and get a sealed certificate."""
