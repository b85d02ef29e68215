"""kill -9 under five supervisors, on a systemd that has really booted."""
