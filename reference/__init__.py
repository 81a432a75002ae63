"""The recovery plug as a layer that one can put under a token ring: no sockets, clocks, threads or randomness.

Written from the clauses of the mail and the decisions, and from nothing else of this project: it imports neither the
model nor the claims about it. `docs/reference.md` says how to embed it.
"""
