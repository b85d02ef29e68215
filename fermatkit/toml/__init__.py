"""A TOML file to structs, or to every mistake in it: file, line, key, what is wrong. It knows no settings."""
