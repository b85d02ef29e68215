"""The one seam to the server's process: find it, start it, hear its end, signal it."""
