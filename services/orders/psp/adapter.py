"""What every adapter is: a part of the service that calls one payment provider over HTTP."""

from services.orders.outside import Party


class Adapter(Party):
    """Calls a provider at *url*."""

    def __init__(self, url: str) -> None:
        super().__init__("payments", url)


def check_about(wanted: str, given: str) -> None:
    """See that an answer is about what was asked for. Raises ValueError."""
    if given != wanted:
        raise ValueError("this is an answer to something else")
