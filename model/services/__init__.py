"""The machine of the services of the mail on top of the plug."""
