"""The machines put together: each part is a machine of another room, and nothing of it is written again here."""
