"""One file a leg: `measure() -> list[Row]`."""
