"""Containers of files and signatures over them (ETSI EN 319 162-1): sealed and read."""
