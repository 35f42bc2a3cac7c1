"""Tests: unit, generated, driven over real sockets, sandbox, codegen, spec, cli and typing."""
