"""The services of the mail on the group messaging interface: executive, clm, evt, evs. See `docs/services.md`."""
