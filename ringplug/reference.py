"""The reference implementation: the plug layer, the token ring around it, what their steps ask for, and their errors.

`PlugLayer` is one processor's recovery plug under any ring, `Processor` a whole processor. Both answer calls with
effects: values to act upon, in their order. Times are in microseconds. More is in docs/reference.md and docs/ring.md.
"""

from __future__ import annotations

from reference.errors import LocalProtocolError, ProtocolError, Refusal, RemoteProtocolError, Stage
from reference.plug.effects import Effect as PlugEffect
from reference.plug.effects import GateOpened, Originated, SendToken, TokenRefused
from reference.plug.fragments import Packet
from reference.plug.layer import PlugLayer
from reference.plug.plugs import Handle
from reference.plug.reassembly import Reassembler
from reference.plug.tokens import Token
from reference.priorities import Priority
from reference.ring.effects import (
    ConfigurationChange,
    Delivery,
    Effect,
    Freeing,
    Guarantee,
    Kind,
    MessageId,
    Origination,
    PlugStep,
    Receipt,
    Refused,
    Send,
    Store,
    Transition,
)
from reference.ring.gmi import GroupMessagingInterface
from reference.ring.processor import Processor
from reference.ring.settings import Settings
from reference.ring.wire import DatagramError
from reference.rings import ProcessorId, RingId, RingSeq

__all__ = [
    "ConfigurationChange",
    "DatagramError",
    "Delivery",
    "Effect",
    "Freeing",
    "GateOpened",
    "GroupMessagingInterface",
    "Guarantee",
    "Handle",
    "Kind",
    "LocalProtocolError",
    "MessageId",
    "Originated",
    "Origination",
    "Packet",
    "PlugEffect",
    "PlugLayer",
    "PlugStep",
    "Priority",
    "Processor",
    "ProcessorId",
    "ProtocolError",
    "Reassembler",
    "Receipt",
    "Refusal",
    "Refused",
    "RemoteProtocolError",
    "RingId",
    "RingSeq",
    "Send",
    "SendToken",
    "Settings",
    "Stage",
    "Store",
    "Token",
    "TokenRefused",
    "Transition",
]
