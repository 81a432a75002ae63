"""A working group messaging interface: no sockets, clocks, threads or randomness in what a processor does.

Written from the clauses of the mail, the decisions and the papers, and from nothing else of this project: it imports
neither the model nor the claims about it.
"""
