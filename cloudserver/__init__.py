"""The Cloud Server seen from outside: its wire format, the client's side of the talk, and a stand-in."""
