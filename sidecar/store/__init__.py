"""What lasts: the memory, the probe's keys, and that one state directory has one sidecar."""
