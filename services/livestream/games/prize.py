"""A prize that was won: claimed in time, or drawn again once, or gone back. Rules, pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from services.livestream.games.chance import order_of
from services.livestream.games.draw import Draw, Entry, must_be_all
from shared.events.livestream import DrawRepeated, PrizeClaimed, PrizeLapsed, Winner
from shared.refusal import Refused


def claim(draw: Draw, entry: Entry, at: datetime) -> list[PrizeClaimed]:
    """Claim what one has won, in time."""
    won = next((one for one in draw.winners if one.number == entry.number), None)
    if won is None:
        raise Refused("draw.not-won", "You have not won in this draw.", kind="missing")
    if won.fate == "claimed":
        return []
    if won.fate == "lapsed" or draw.claim_until is None or at >= draw.claim_until:
        raise Refused("draw.lapsed", "It was to be claimed before.", until=draw.claim_until)
    return [
        PrizeClaimed(
            draw_id=draw.id,
            session_id=draw.session_id,
            number=won.number,
            prize=won.prize,
            buyer_id=entry.buyer_id,
        )
    ]


def lapse(draw: Draw, present: Sequence[Entry], at: datetime) -> list[PrizeLapsed | DrawRepeated]:
    """Take back what nobody has claimed in time, and draw it again, the first time.

    Those drawn now are the next of those *present* (in order of their numbers) whom the seed would
    have drawn; what is left over, or not claimed the second time either, goes back.
    """
    lapsed = [won for won in draw.winners if won.fate == "won"]
    if not lapsed or draw.claim_until is None or at < draw.claim_until:
        raise Refused("draw.not-due", "Its time is not up.")
    again: tuple[Winner, ...] = ()
    if not draw.repeated:
        must_be_all(draw, present)
        order = order_of(draw.seed, [entry.number for entry in present])
        following = islice(order, len(draw.winners), None)
        pairs = zip(lapsed, following, strict=False)
        again = tuple(Winner(number=number, prize=won.prize) for won, number in pairs)
    facts: list[PrizeLapsed | DrawRepeated] = [
        PrizeLapsed(
            draw_id=draw.id,
            session_id=draw.session_id,
            number=won.number,
            prize=won.prize,
            goes_back=place >= len(again),
        )
        for place, won in enumerate(lapsed)
    ]
    if again:
        claim_until = at + timedelta(seconds=draw.claim_seconds)
        facts.append(
            DrawRepeated(
                draw_id=draw.id,
                session_id=draw.session_id,
                winners=again,
                claim_until=claim_until,
            )
        )
    return facts
