"""Saves that are divided among the workers of an executor."""
