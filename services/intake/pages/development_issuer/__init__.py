"""A small OpenID provider for one machine: one picks who one is. It is there only beside the development issuer."""
