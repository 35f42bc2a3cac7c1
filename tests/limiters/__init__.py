"""Limiters that several processes share."""
