"""The watchdog: observations in, actions out."""
