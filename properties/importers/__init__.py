"""Importers: logs that people have, as histories that the judge takes.

**The idea.** A group communication system logs the memberships that it installs. What a line says becomes an event of a
history, with file and line as its note, so that a violation points into the log; what no line says is left out of
`observes`, and decides nothing. An import never infers what would make a claim hold, and where the way it is made makes
one hold (`met_by_import`), the claim gets no verdict.

**Where things are.** `logs.py` finds the files of each node, rotated and compressed, and reads them once, line by line.
`corosync.py`, `jgroups.py`, `galera.py` and `spread.py` say what a line means; they know no files. `naming.py` finds
out whose log it is. `importing.py` puts it together, and `imported.py` is the result as a history. `barrier.py` holds
corosync's synchronization to the abstract barrier, in any history that tells it. `mapping.py` and `structured.py` are
for logs of any other system, by a mapping that its user writes.

What can be relied on: memory is bounded by what is under way, since events are kept in files; the order of events is
that of the lines of one process, and no clock is read.
"""
