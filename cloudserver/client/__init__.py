"""A Cloud Client's words, all without I/O, clock or randomness: what it says, what it hears, its VPNs.

`cloudserver.session` is the conversation on the main connection; here is what it is made of, and what goes
beside it.
"""
