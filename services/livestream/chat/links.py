"""Links in what is said: only to hosts that the operator trusts."""

import re
import unicodedata
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from urllib.parse import urlsplit

from services.livestream.chat.letters import is_unseen

_DOTS = str.maketrans("。．｡\\", ".../")
"""Dots that browsers take for dots in a host (UTS #46), and the slash they read a backslash as."""
_SCHEMED = re.compile(r"([a-z][a-z0-9+.-]*):/+([^\s]+)")
_BARE_SCHEMES = re.compile(
    r"\b(?:javascript|data|vbscript|mailto|tel|sms|weixin|alipays?|taobao|intent):"
)
_ENDINGS = (
    "app|asia|biz|br|cc|click|club|cn|co|com|dev|edu|example|fun|gg|gov|hk|info|ink|io|la|link|live"
    "|ltd|ly|me|mo|mobi|net|online|org|pro|pt|ru|shop|site|store|test|tk|to|top|tv|tw|uk|us|vip|wang"
    r"|work|xin|xyz|xn--[a-z0-9-]+"
)
_BARE_HOST = re.compile(
    rf"(?<![\w@.-])((?:[\w-]+\.)+(?:{_ENDINGS}))(?![\w-]|\.\w)|(?<!\w)(www\.[\w.-]+)"
)


def strange_host(text: str, trusted: AbstractSet[str]) -> str | None:
    """The first host that *text* links to and that is not in *trusted* nor under one of them.

    None if there is none. A link that names no host is its scheme.
    """
    for host in _hosts(text):
        if host not in trusted and not any(host.endswith(f".{one}") for one in trusted):
            return host
    return None


def _hosts(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_DOTS)
    plain = "".join(char for char in plain if char.isspace() or not is_unseen(char))
    for found in _BARE_SCHEMES.finditer(plain):
        yield found[0]
    for found in _SCHEMED.finditer(plain):
        yield _host(found[1], found[2])
    for found in _BARE_HOST.finditer(_SCHEMED.sub(" ", plain)):
        yield (found[1] or found[2]).rstrip(".")


def _host(scheme: str, rest: str) -> str:
    """The host a browser would go to; what is not plain web is named by its scheme."""
    if scheme not in ("http", "https"):
        return f"{scheme}:"
    try:
        return (urlsplit(f"https://{rest}").hostname or scheme).rstrip(".")
    except ValueError:  # a host that no address can have
        return rest
