"""How many clients a server carries: where to look next, what gave out, and how sure that is."""
