"""The recovery plug as an abstract state machine: what one cites.

Imports nothing of the other packages and no solver: a machine is recorded here, and interpreted elsewhere.
"""
