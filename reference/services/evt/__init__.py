"""The event service (evt): channels, events, filters, retained events, and their recovery."""
