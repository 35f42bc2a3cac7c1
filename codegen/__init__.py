"""Generates ``src/aiospectrum/_generated`` from ``spec/spectrum.openapi.yaml``; run ``python -m codegen``."""
