"""What services refuse, and who is at fault: the program that calls, a peer that sent it, or nobody, for now.

A refused call or message changes nothing. What a peer sends raises nothing: the executive counts it, by reason.
"""

from __future__ import annotations

from enum import Enum

from reference.errors import LocalProtocolError, ProtocolError


class Reason(Enum):
    """Why an executive message is refused: in words, and the clause that it is against."""

    MALFORMED = "no executive message", "executive message layout"
    UNKNOWN_SERVICE = "of a service that is not registered", "mail (executive routes messages)"
    UNKNOWN_FUNCTION = "of a function that its service does not have", "mail (executive routes messages)"
    BAD_BODY = "its body is not what the function takes", "executive message layout"
    WRONG_PRIORITY = "sent at a priority that the function does not have", "mail M1"
    WRONG_SENDER = "speaks for another processor", "executive message layout"
    OLDER_CONFIGURATION = "recovery of another configuration", "D13"
    UNKNOWN_NODE = "clm does not know its sender", "mail M11, M12"
    NOT_CHECKED_IN = "its sender has not said that it recovers", "openais evt.c:3179"
    NOT_THE_LEADER = "its sender does not lead the recovery", "openais evt.c:998"
    UNKNOWN_OPEN = "its sender has no such open channel", "SA Forum AIS, event service"

    def __init__(self, says: str, clause: str) -> None:
        self.says = says
        self.clause = clause


class RefusedMessageError(ProtocolError):
    """A peer is at fault: its message is refused, and has changed nothing."""

    def __init__(self, reason: Reason, what: str, *, state: str) -> None:
        super().__init__("a peer", f"message refused, {reason.says}: {what}", clause=reason.clause, state=state)
        self.reason = reason


class TryAgainError(ProtocolError):
    """Nobody is at fault: there is no room now, and there will be when messages have been sent."""

    def __init__(self, who: str, what: str, *, state: str) -> None:
        super().__init__(who, what, clause="openais main.c:578 (try again)", state=state)


def program_error(what: str, *, clause: str, state: str) -> LocalProtocolError:
    """The error that blames the program that uses a service."""
    return LocalProtocolError("a program", what, clause=clause, state=state)
