"""What the clients of a plan do beside being registered: each module one kind of act, by callbacks."""
