"""One base address for pages and API: by its path, a request goes to the service that answers it."""
