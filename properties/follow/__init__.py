"""Following what an implementation logged: its plug calls and tokens, held to the machine afterwards.

`messages.py` is the format, `order.py` puts the lines of several files into one order, `logged.py` makes each a step of
`properties/lockstep/recorded/`, which follows them, `following.py` says what came of it and what else was tried, and
`conversation.py` reads what `ringplug conform --log` wrote. Nothing is driven here, and no clock is read.
"""
