"""The token ring under the recovery plug: membership, order and recovery of messages. `docs/ring.md` says what it does."""
