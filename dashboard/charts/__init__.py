"""Charts as pure functions: figures in, a plain specification with alt text and a table out."""
