"""What people and programs are shown: views and messages to words and bytes. Pure."""
