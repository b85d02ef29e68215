"""``/health`` and the page, over HTTP."""
