"""Commands that run implementations, and judge what they did."""
