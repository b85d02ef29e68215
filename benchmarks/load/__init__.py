"""The load generator beside a C client and the tools that people use, in one run: `make bench-load`."""
