"""States and steps as bits: how states are packed and stored, steps as bit operations, and the C that runs them."""
