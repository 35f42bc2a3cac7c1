"""Applications as people manage them: read whole, compared, changed and ensured."""
