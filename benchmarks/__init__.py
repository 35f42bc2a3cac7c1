"""Side-by-side comparisons, run by hand."""
