"""Is the capacity search right: of many searches for a known knee, how often it lies in the interval."""
