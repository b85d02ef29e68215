"""Each way in which the real server fails, made to happen to a real process under a whole sidecar."""
