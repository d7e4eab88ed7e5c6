"""docs/orders.md, docs/livestream.md: lives, drawn from the tables that decide them."""

from collections.abc import Iterable

from services.livestream.directing import life as sessions
from services.orders.ordering import life as orders

_ORDERS = """# The life of an order

An order moves along these arrows alone; each is an event of `feira.orders.order.v1`. Any other
wish is refused with 409 and `needs`, the states from which it could be granted. What happened to
one order, why, and what it waits for: `GET /orders/{order_id}/timeline`.

This page is generated from `services/orders/ordering/life.py` by `make events`.
"""

_SESSIONS = """# The life of a session

A session moves along these arrows alone. Any other wish is refused with 409, naming both `state`
and `wanted`. This page is generated from `services/livestream/directing/life.py` by `make events`.

- **Going live** takes all of the checklist (`GET /sessions/{session_id}/checklist`): an approved
  run-of-show, sellers that can be named and that somebody has looked at in the last six calendar
  months, prices as the live listings ask them, stock, a verified host who is old enough, the label
  of an AI host, a recording, a moderator who is there, licences for food and alcohol. What is
  missing is refused with 409 `session.not-ready` and every reason in `missing`.
- **A rehearsal** leaves no public trace. To the public, on every route and stream, the session is
  approved; nothing is pinned. No event tells of it: `feira.livestream.session.state.v1` may say
  again what it said before. No deal is asked for or shown in it.
- **Coupons** that orders has issued for the festival are handed out while the session is live, by
  who may pin (`POST /sessions/{session_id}/coupons`), and shown to everybody with their terms and
  how many are left, until they are taken out of the room, are withdrawn, or the session ends.
  Buyers claim and use them at the doors of orders; what they have claimed stays theirs
  (`GET /coupon-claims`). What was handed out, from when until when and on which terms, is on the
  timeline and in the evidence.
- **A lucky draw** is decided by a seed whose SHA-256 is published with the terms, and the seed with
  the winners. It puts all who answered the call in one order: chance is seeded with the SHA-256 of
  the seed's bytes and of their numbers in decimal, commas between; its n-th number, from 0, is the
  SHA-256 of that and of n in eight bytes, and picks a place modulo how many are left (passed over
  beyond the last whole multiple of that); who stands there changes places with the last, and
  leaves. The first in this order win. What they do not claim in time is drawn again, once: it goes
  to the next, in the order in which it was first given. So whoever has the seed can tell the second
  draw as well as the first, and nobody can turn it. What is not claimed then, or has nobody left to
  win it, goes back to who gave it (`goes_back` of `prize-lapsed`).
- **A ban** goes for a person and the devices they spoke from: from this room, by who moderates it
  and for the devices of this room; from all rooms of the festival, by an organiser (`scope` of
  `POST /rooms/{session_id}/bans`) and for those of all its rooms. A device from which somebody who
  is banned tries to speak goes with them. It is taken back in any room they have spoken in, by who
  may ban so far.
- **The funnel** of a session is in its figures (`GET /sessions/{session_id}/figures`) and, product
  by product in the running order, at `GET /sessions/{session_id}/funnel`: rooms seen in a list
  (`POST /impressions`, several at once), visits (`/heartbeat`), products' cards seen and tapped
  (`POST /rooms/{session_id}/cards`), orders paid. Seen is a viewable impression: half of it in view
  for one second (MRC, IAB), told once a visit of the page. Each step is a share of the one before:
  entry rate = visits / impressions; card CTR = viewers who tapped a card / viewers who saw one;
  click-pay = buyers / viewers who tapped. Nothing is counted but while the session is open to all,
  and nobody is listed.
- **A host is followed** by buyers (`PUT /follows/{host_id}`, naming the session; `DELETE` takes it
  back). Whom somebody follows they alone can list (`GET /follows`). A new follower of a session is
  one who followed its host in it for the first time ever, while it was open to all: whoever stops
  and follows again counts once. Follow rate = new followers / viewers.
- **A host who drops out** (no more `POST /sessions/{session_id}/presence`) is waited for three
  minutes; then the session is paused with the reason `host-dropped`. A session that nobody ends is
  ended an hour after it should have.
- **An archived** session has no order that is not over. Its evidence
  (`GET /sessions/{session_id}/evidence`) is kept three years by the calendar from the end of the
  stream or, if later, from the last thing done about an order of it; 29 February rolls to 1 March.
  A legal hold keeps it longer. Then it is deleted, and `evidence-deleted` says so.
"""


def render_orders() -> str:
    ends = {end for ways in orders.MOVES.values() for end in ways.values()} - orders.WAITS.keys()
    return _page(_ORDERS, orders.picture(), "An order", orders.WAITS.items(), ends)


def render_sessions() -> str:
    ends = {move.target for move in sessions.MOVES.values()} - sessions.WAITS.keys()
    return _page(_SESSIONS, sessions.picture(), "A session", sessions.WAITS.items(), ends)


def _page(
    head: str, picture: str, what: str, waits: Iterable[tuple[str, str]], ends: Iterable[str]
) -> str:
    rows = [f"| {status} | {wait} |" for status, wait in waits]
    rows += [f"| {end} | nothing more |" for end in sorted(ends)]
    return "\n".join(
        [
            head,
            "```mermaid",
            picture + "```",
            "",
            f"| {what} that is … | waits for |",
            "|---|---|",
            *rows,
            "",
        ]
    )
