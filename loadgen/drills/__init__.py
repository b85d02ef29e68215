"""Load and a failure together, with the sidecar watching: what clients lived through."""
