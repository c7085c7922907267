"""What the specifications say: pure functions on frozen dataclasses, without I/O, clock or dice."""
