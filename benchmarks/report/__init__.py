"""The project's own final report: the stand-in under its sidecar, loaded, and searched for its limit."""
