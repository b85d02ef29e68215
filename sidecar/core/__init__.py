"""What decides, and nothing else: no clock, no I/O, no randomness; time and outcomes arrive as data."""
