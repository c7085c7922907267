"""Seals of ours, read by making them again from their parts: what comes out is the same to the last
byte, or they are left to the readers that read everything.

So a fault here can cost time and let nothing pass that would not: each signature in them is checked
here, and what a part means is known because we know who wrote it.
"""
