"""The judge: which promises a history keeps.

**The idea.** A history says what each process was seen to do, in that process's own order, and nothing orders events of
different processes: no clock, no place in a file. What is promised, extended virtual synchrony and the plug's clauses,
is mostly about what several processes did in a ring that they were in. So a history is read once, event by event, and
collected by rings; a ring none of whose members can have a further event in it is *settled*: judged by each clause, and
forgotten. That bounds memory by what is under way and not by how long the history is.

**Where things are.** `observer.py` follows the events and knows when a ring is over. `installation.py` has the clauses
about one process's configurations, `agreement.py` those that compare members, `groups.py` those about groups beside the
ring and primary components, `causality.py` and `order.py` what comes before what, `delivery.py` what is owed to each
process, `liveness.py` what is so at a quiet end, `services.py` and `recovery.py` the plug and its services.
`judgement.py` puts it together, and `shrink.py` makes a violation small. What a clause says, its source and what has to
be seen are in `properties/history/catalogue.py`; how histories are read, in `properties/history/`.

What can be relied on:

- A verdict is ok, violated, open or not observable, and nothing unknown is ok. Ok needs the premise to occur. An
  obligation that is not yet due makes a clause open, however often it was met. What the source does not claim to
  observe decides nothing.
- That the end of a file is the end of the run is never assumed: only a quiescent history makes everything due.
- A violation comes with the events that show it, and with the shortest beginning of the history that has it, which is
  looked for in the ring while it is known. What is settled stays so as long as rings are in one order and nothing comes
  again; else the history is read a second time, with nothing forgotten, and judged as that.
- No order is searched for. There is a total order if and only if nothing comes before itself: a circle is looked for.
- Nothing is guessed: not from a message's content, not from silence, and not of a process whose events nobody recorded.

Left out on purpose: time, progress before a quiet end, and why a system did what it did.
"""
