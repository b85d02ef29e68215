"""`/health` beside its peers on one core, and the watching while it is asked by many."""
