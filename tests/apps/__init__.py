"""Applications by files: read, planned, applied and exported."""
