"""Intake's pages: for the person, the form and the way to follow; for the agent at the phone or counter, the entry."""
