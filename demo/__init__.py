"""What ``make run`` shows: a stand-in Cloud Server, the sidecar over it, and a mail catcher."""
