"""Evidence before the kill: what can be known of a process in trouble, in a directory, within two seconds."""
