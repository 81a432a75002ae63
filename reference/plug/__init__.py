"""The recovery plug as a layer that one can put under any token ring. `docs/reference.md` says how to embed it."""
