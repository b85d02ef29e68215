"""A stand-in for the Cloud Server that behaves, and misbehaves, as the real one was seen to.

Where the two documents differ, what was seen (real-cloud-server.md) holds. What neither of them tells is as
simple as can be, and called unverified where it is done.
"""
