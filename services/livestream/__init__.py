"""Livestream: the rooms, what they show, and everybody who watches.

Owns   sessions and their run-of-show, who may host and who is there, pins and their timeline,
       deals as shown, coupons handed out, what a session sold, its evidence for as long as that is
       kept; its chat (`chat/`), its figures (`figures/`), its games (`games/`)
Says   feira.livestream.session.v1, .deal.v1, .host.v1, .chat.v1, .words.v1, .packet.v1, .draw.v1;
       how sessions, tallies and audiences stand (*.state.v1); as a signal, not a fact: .audience.v1
Hears  orders (deals funded, refused, settled; stock; coupons; what was placed, paid, undone,
       completed), catalog (products, live prices, merchants and whether they are verified)

No session goes live that nobody but its host has looked over, at most one product is pinned, and no
deal is shown before orders has set its units aside. A replica serves any room to any number of
viewers: a message is written once and sent to all (`room/`).

Rooms  directing, showing, record, chat, figures, games; room for viewers, routes for HTTP
"""
