"""What somebody wants to be called: plain to read, and nobody official by its looks."""

import re
import unicodedata

from services.livestream.chat.letters import is_spaced, is_unseen, letters_of
from shared.events.livestream import ChatRole
from shared.refusal import Refused

_WORDS = (
    "feira admin administrator administrador anfitriao apresentador apresentadora host mod"
    " moderador moderadora moderator official oficial organiser organizer organizador organizacao"
    " staff support suporte system sistema"
)
_SIGNS = (
    "主播 主持 房管 管理员 管理員 管理人员 管理人員 客服 官方 工作人员 工作人員"
    " 系统 系統 组委会 組委會"
)
OFFICIAL = frozenset(letters_of(label).joined for label in f"{_WORDS} {_SIGNS}".split())
"""What only those may be called who are it."""

_MOST_MARKS = 2
"""How many accents in a row a name may stack; with more it runs over its neighbours."""
_STACK = _MOST_MARKS + 1


def checked(nick: str, role: ChatRole) -> str:
    """The name as it will stand, or Refused: `chat.nick` (not readable), `chat.nick-official`."""
    plain = " ".join(unicodedata.normalize("NFC", nick).split(" ")).strip()
    unfit = any(is_unseen(char) or (char.isspace() and char != " ") for char in plain)
    if unfit or _is_stacked(plain) or not letters_of(plain).joined:
        raise Refused("chat.nick", "A name is made of letters that can be seen.", kind="invalid")
    if role == "buyer" and _is_official(plain):
        raise Refused("chat.nick-official", "This is what staff are called.", kind="invalid")
    return plain


def _is_stacked(text: str) -> bool:
    marks = "".join("m" if unicodedata.category(char).startswith("M") else "." for char in text)
    return "m" * _STACK in marks


def _is_official(nick: str) -> bool:
    """Whether it is an official label, holds one as a word, or a Chinese one anywhere."""
    spelt = letters_of(nick).joined
    words = {letters_of(word).joined.strip("0123456789") for word in re.split(r"[\W_]+", nick)}
    return (
        spelt.strip("0123456789") in OFFICIAL
        or not OFFICIAL.isdisjoint(words)
        or any(label in spelt for label in OFFICIAL if not is_spaced(label))
    )
