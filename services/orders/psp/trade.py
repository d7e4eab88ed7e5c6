"""The numbers we give to payments and refunds, where providers take ours and give none."""

import base64
import hashlib
import re
from uuid import UUID

_TRADE = re.compile(r"[A-Z2-7]{32}")
_ORDER_PART = 26
_KEY_PART = 6


def trade_number(order_id: str, key: str) -> str:
    """Name the payment of an order that is asked for under *key*: 32 of A–Z and 2–7.

    The same order and key give the same number, so a call that is repeated asks for no second
    payment; and the number tells its order, so a callback needs no list to be understood. 32
    characters are what WeChat Pay takes at most, the shortest of all.

    Raises:
        ValueError: The order's id is no UUID.
    """
    if str(UUID(order_id)) != order_id:
        raise ValueError("orders are named by UUIDs, in lower case")
    order = base64.b32encode(UUID(order_id).bytes).decode()[:_ORDER_PART]
    return order + base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()[:_KEY_PART]


def order_of(trade: str) -> str:
    """Tell the order of a payment. Raises ValueError for a number that is none of ours."""
    if not _TRADE.fullmatch(trade):
        raise ValueError("this is no number of ours")
    order_id = str(UUID(bytes=base64.b32decode(trade[:_ORDER_PART] + "======")))
    if base64.b32encode(UUID(order_id).bytes).decode()[:_ORDER_PART] != trade[:_ORDER_PART]:
        raise ValueError("this is no number of ours")
    return order_id


def refund_number(payment_id: str, key: str) -> str:
    """Name the refund of a payment that is asked for under *key*: 32 hexadecimal digits."""
    return hashlib.sha256(f"{payment_id}\n{key}".encode()).hexdigest()[:32]
