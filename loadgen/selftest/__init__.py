"""`loadgen self-test`: the echo engine against a truth that is known beforehand, by arithmetic."""
