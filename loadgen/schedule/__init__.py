"""A plan to what falls due for whom: known before the run, the same to the bit for the same seed. Pure."""
