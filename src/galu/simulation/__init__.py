"""Simulated trials: many at a time."""
