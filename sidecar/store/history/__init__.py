"""What was, for ninety days: samples, verdicts, incidents and starts, in an SQLite file of their own."""
