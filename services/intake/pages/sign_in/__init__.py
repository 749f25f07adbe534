"""Where staff come in."""
