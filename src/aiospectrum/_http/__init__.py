"""A call from top to bottom: request, permit, attempt, response."""
