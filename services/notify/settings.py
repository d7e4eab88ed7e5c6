"""What notify alone must be told."""

from collections.abc import Callable
from datetime import timedelta
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from services.notify.message import Patience
from services.notify.schedule import DAY, WEBHOOK_PAUSES
from shared.platform.settings import Settings


def _mail_server(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("it should look like smtp://host:port")
    return url


def _mail_address(text: str) -> str:
    _, address = parseaddr(text)
    if "@" not in address or not text.isascii() or "\n" in text:
        raise ValueError("it should look like Feira <feira@example.org>")
    return text


def _listed(mark: str) -> Callable[[object], object]:
    """Read a list out of one variable, its items apart by *mark*."""

    def split(value: object) -> object:
        if isinstance(value, str):
            return [item.strip() for item in value.split(mark) if item.strip()]
        return value

    return split


_List = BeforeValidator(_listed(","))
_Seconds = Annotated[float, Field(gt=0, le=30 * DAY)]


class NotifySettings(Settings, service="notify"):
    """FEIRA_NOTIFY_*.

    Attributes:
        smtp: The mail server, smtp://[user:password@]host:port, or smtps:// where it speaks TLS
            first.
        sender: Whom mail comes from.
        smtp_connections: How many connections to it are kept.
        mail_retry: Seconds until mail that could not be taken is tried again; doubled each time.
        mail_deadline: Seconds after which it is given up.
        message_days: Days for which messages are kept; more than the 14 for which what happened may
            be heard of again.
        mail_claim: Seconds an attempt may take before another replica may begin one.
        webhook_insecure: Whether endpoints may be plain http, at any port.
        webhook_allow: Networks (CIDR) endpoints may be in although they are not public.
        webhook_pauses: Seconds between the attempts of a delivery.
        webhook_timeout: Seconds a receiver has to answer.
    """

    smtp: Annotated[SecretStr, AfterValidator(_mail_server)]
    sender: Annotated[str, AfterValidator(_mail_address)]
    smtp_connections: Annotated[int, Field(ge=1, le=64)] = 8
    mail_retry: _Seconds = 10.0
    mail_deadline: _Seconds = 2 * DAY
    mail_claim: _Seconds = 120.0
    message_days: Annotated[int, Field(ge=15, le=3650)] = 90
    webhook_insecure: bool = False
    webhook_allow: Annotated[tuple[IPv4Network | IPv6Network, ...], _List] = ()
    webhook_pauses: Annotated[tuple[_Seconds, ...], _List] = WEBHOOK_PAUSES
    webhook_timeout: _Seconds = 15.0

    @property
    def patience(self) -> Patience:
        return Patience(
            first=self.mail_retry,
            deadline=timedelta(seconds=self.mail_deadline),
            claim=timedelta(seconds=self.mail_claim),
        )

    @property
    def keep(self) -> timedelta:
        """How long messages are kept."""
        return timedelta(days=self.message_days)

    @property
    def webhook_claim(self) -> timedelta:
        """How long an attempt may take before another replica may begin one."""
        return timedelta(seconds=4 * self.webhook_timeout)
