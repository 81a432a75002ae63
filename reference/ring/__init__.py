"""The token ring under the plug: membership, order and recovery of messages. `docs/ring.md` says what it does."""
