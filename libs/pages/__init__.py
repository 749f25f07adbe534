"""What the pages of the three services share: one look, one sign-in, one way to say things in French and English.

A page is rendered on the server, calls the same functions as the API, and works without script where a person uses it.
Nothing in it comes from another address.
"""
