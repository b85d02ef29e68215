"""The client's side of RFC 6455, made for thousands of connections in one process."""
