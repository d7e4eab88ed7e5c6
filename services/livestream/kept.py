"""What livestream keeps: its aggregates, and the copies it needs of others' facts."""

from services.livestream.chat import author, chat, message, words
from services.livestream.directing import following, host, presence, session
from services.livestream.figures import card, count, taking
from services.livestream.games import draw, packet
from services.livestream.record import retention, sale, timeline
from services.livestream.showing import coupon, deal, goods, seller, tally
from shared.platform.change.aggregate import Aggregate

SESSIONS = Aggregate(
    "sessions",
    session.Session,
    new=session.Session,
    evolve=session.evolve,
    tell=session.state_of,
)
DEALS = Aggregate("deals", deal.Deal, new=deal.Deal, evolve=deal.evolve)
TIMELINES = Aggregate("timelines", timeline.Timeline, new=timeline.Timeline, evolve=timeline.evolve)
TALLIES = Aggregate(
    "tallies", tally.Tally, new=tally.Tally, evolve=tally.evolve, tell=tally.state_of
)
GOODS = Aggregate("goods", goods.Goods, new=goods.Goods, evolve=goods.evolve)
COUPONS = Aggregate("coupons", coupon.Coupon, new=coupon.Coupon, evolve=coupon.evolve)
SELLERS = Aggregate("sellers", seller.Seller, new=seller.Seller, evolve=seller.evolve)
HOSTS = Aggregate("hosts", host.Host, new=host.Host, evolve=host.evolve)
FOLLOWINGS = Aggregate(
    "followings", following.Following, new=following.Following, evolve=following.evolve
)
PRESENCES = Aggregate("presences", presence.Presence, new=presence.Presence, evolve=presence.evolve)
SALES = Aggregate("sales", sale.Sale, new=sale.Sale, evolve=sale.evolve)
RETENTIONS = Aggregate(
    "retentions", retention.Retention, new=retention.Retention, evolve=retention.evolve
)
CHATS = Aggregate("chats", chat.Chat, new=chat.Chat, evolve=chat.evolve)
MODES = Aggregate("chat_modes", chat.Mode, new=chat.Mode, evolve=chat.evolve_mode)
AUTHORS = Aggregate("authors", author.Author, new=author.Author, evolve=author.evolve)
BARS = Aggregate("chat_bars", author.Bar, new=author.Bar, evolve=author.evolve_bar)
MESSAGES = Aggregate("messages", message.Message, new=message.Message, evolve=message.evolve)
WORDS = Aggregate("chat_words", words.WordList, new=words.WordList, evolve=words.evolve)
COUNTS = Aggregate(
    "audience_counts", count.Count, new=count.Count, evolve=count.evolve, tell=count.state_of
)
MINUTES = Aggregate("minutes", count.Minute, new=count.new_minute, evolve=count.evolve_minute)
CARDS = Aggregate("card_counts", card.Card, new=card.Card, evolve=card.evolve)
TAKINGS = Aggregate("takings", taking.Taking, new=taking.Taking, evolve=taking.evolve)
PACKETS = Aggregate("packets", packet.Packet, new=packet.Packet, evolve=packet.evolve)
TAKERS = Aggregate("packet_takers", packet.Taker, new=packet.Taker, evolve=packet.evolve_taker)
DRAWS = Aggregate("draws", draw.Draw, new=draw.Draw, evolve=draw.evolve)
ENTRIES = Aggregate("draw_entries", draw.Entry, new=draw.Entry, evolve=draw.evolve_entry)
