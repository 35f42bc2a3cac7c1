"""JSON values to models and back."""
