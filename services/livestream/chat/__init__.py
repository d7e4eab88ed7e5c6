"""The chat of a room: said, numbered, moderated.

    route ──> flood ──> desk ──> message.say ──> uow ──> Kafka ──> tap ──> history ──> viewers

What one caller says too much of is refused by the flood gate of the process, before anything is
written. What gets through is decided in the unit of work, many messages of one room in one commit:
a room's chat knows no more than its next number, an author's last word stands with the author, and
each message is kept as it was typed, for moderators and as evidence.
"""
