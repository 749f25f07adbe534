"""Measurements: what the house does in a second, beside a floor that does the least that could be called the same."""
