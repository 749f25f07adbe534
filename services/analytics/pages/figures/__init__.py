"""A page for each figure: what it means, how it went, and how it is made up."""
