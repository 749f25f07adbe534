"""Routing's pages, for agents, supervisors and reviewers: the queue and the case."""
