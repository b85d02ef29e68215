"""Text to settings: strict TOML, every mistake at once, nothing repaired in silence."""
