"""Lockstep: an implementation of the plug layer and the machine take the same steps, and are compared after each.

**The idea.** That the machine is right is proved; that a program does what the machine says is a refinement: each thing
that happens to the program is a step of the machine, or none, and afterwards the program's state, looked at through a
map, is the machine's. It is checked along runs. A cluster of implementations is driven event by event (`cluster.py`),
each event is read as steps of the machine (`abstraction.py`, by the tables of `events.py`), each such step has to be
enabled, and then every variable that both sides know is compared (`refinement.py`).

**Who leads.** Where the machine leads, an enabled step is chosen and the implementation must be able to take it: this
finds what the implementation refuses. Where the implementation leads, a scheduler that knows nothing of the machine
calls it, and the machine must be able to follow: this finds what it does besides. `leader.py` has both, `driver.py`
says which event makes an implementation take a step. `tours/` leads through every transition of a small scope, or one
of each class (`classes.py`). In `recorded/` nobody leads: a run that was recorded elsewhere is followed.

What can be relied on:

- The implementation is driven and observed through a narrow interface in plain values (`implementation.py`). What
  membership, network and ring order know is kept by the cluster around it, and not asked of it.
- A variable is read, kept, or left out with a reason; there is no fourth kind, and `docs/lockstep.md` shows the table.
- An exception and a call refused wrongly are divergences, as are a step that is not enabled and a state that differs.
  The first divergence ends the run, so both sides were equal before it.
- Everything follows from the seed, and a divergence prints the command that repeats it.
- Ghosts are left out, and so is the feature late-copies: an implementation numbers its tokens, and refuses late ones.

Left out on purpose: delivery, retransmission, and how rings are agreed on; `properties/simulate/` and the judge of
histories have them. A lockstep shows no more than its runs contain; `docs/lockstep.md` says what no run does.
"""
