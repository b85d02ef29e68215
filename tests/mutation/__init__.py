"""How much of the core's tests' work is work: small wrongs put into `sidecar.core`, one at a time.

A wrong that no test finds shows what the tests do not hold. (mutmut leaves out properties and all that
stands outside of functions: here those are the facts, the rules and the defaults.)
"""
