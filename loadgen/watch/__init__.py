"""What the server itself was like during a run, told by its sidecar or seen by the generator."""
