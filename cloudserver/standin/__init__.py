"""A stand-in for the Cloud Server that behaves, and misbehaves, as the real one was seen to.

Where the two documents differ, what was seen (real-cloud-server.md) holds. Not here yet, for they come with
the load engine: the VPN relay (its packets are known but ignored), and the 60 s stand-by after an abnormal
close (a lost client is simply removed).
"""
