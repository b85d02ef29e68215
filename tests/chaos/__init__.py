"""Kill -9 of the sidecar and of its sender at any point of an outage, and what people are told then."""
