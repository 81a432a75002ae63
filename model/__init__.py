"""The recovery plug as an abstract state machine: what one cites. Begin with `README.md` in this folder.

Imports nothing of the other packages and no solver: a machine is recorded here, and interpreted elsewhere.
"""
