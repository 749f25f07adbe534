"""The quick entry, for phone and counter: by keyboard alone, and at once ready for the next."""
