"""What an agency copies."""
