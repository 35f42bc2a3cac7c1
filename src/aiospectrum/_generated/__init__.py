# Generated from spectrum.openapi.yaml by `python -m codegen`: do not edit.
"""What the generator makes of the spec."""
