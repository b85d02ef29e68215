"""The page's files, as the browser gets them."""
