"""What is asked of a running server, and of its process. A probe must not harm."""
