"""The final report: files in, one page out. It knows what was recorded, not how that came about."""
