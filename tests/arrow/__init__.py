"""Reports as tables: plain rows, Arrow, and the libraries that take it."""
