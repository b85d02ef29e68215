"""Thousands of Cloud Clients from one command, with honest latency."""
