"""The language the services speak to each other: event payloads and shared codes, frozen as version 1."""
