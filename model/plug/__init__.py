"""The machine of the recovery plug, its companions with an order and with numbers, and the abstract barrier."""
