"""The way that a message takes, for who has its code: the code comes in the body of a form, never in an address."""
