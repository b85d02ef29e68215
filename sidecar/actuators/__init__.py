"""What acts on the world outside: the sender of messages."""
