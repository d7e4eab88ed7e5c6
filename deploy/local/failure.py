"""How the local stack says that it cannot: one sentence, and the end of the log that shows why."""


class Failure(Exception):
    """Something the person at the keyboard must know, in one sentence."""

    def __init__(self, sentence: str, *, evidence: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.evidence = evidence


class Abandoned(Failure):
    """Another part has failed already, so this one stopped waiting."""

    def __init__(self) -> None:
        super().__init__("another part of the stack failed")
