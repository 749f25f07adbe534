"""The promises, and how they were kept: as it is, it can be published."""
