# Generated from spec/spectrum.openapi.yaml: do not edit, run `python -m codegen` instead.
"""What the generator makes of the spec."""
