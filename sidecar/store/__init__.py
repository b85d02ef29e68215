"""What lasts: the memory, the probe's keys, and that one sidecar alone writes them."""
