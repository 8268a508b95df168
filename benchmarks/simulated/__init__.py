"""Inputs that several benchmarks measure on: simulated, the same every time."""
