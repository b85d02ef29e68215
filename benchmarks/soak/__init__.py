"""Thousands of Cloud Clients registered and held: is one lost, does memory grow? `make soak`."""
