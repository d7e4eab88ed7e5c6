"""Whom a stranger may make us call: public addresses of others, never our own network."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

import httpx

IpAddress: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
Resolver: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
"""From a host's name to its addresses; raises OSError if it has none."""

_USUAL_PORTS, _LAST_PORT = frozenset({443, 8443}), 65_535

# Written out, because Python's `is_global` lets some pass: multicast, relays, the cloud's own.
_NOT_PUBLIC: tuple[Network, ...] = (
    ip_network("0.0.0.0/8"),
    ip_network("10.0.0.0/8"),
    ip_network("100.64.0.0/10"),
    ip_network("127.0.0.0/8"),
    ip_network("168.63.129.16/32"),
    ip_network("169.254.0.0/16"),
    ip_network("172.16.0.0/12"),
    ip_network("192.0.0.0/24"),
    ip_network("192.0.2.0/24"),
    ip_network("192.31.196.0/24"),
    ip_network("192.52.193.0/24"),
    ip_network("192.88.99.0/24"),
    ip_network("192.168.0.0/16"),
    ip_network("192.175.48.0/24"),
    ip_network("198.18.0.0/15"),
    ip_network("198.51.100.0/24"),
    ip_network("203.0.113.0/24"),
    ip_network("224.0.0.0/3"),
    ip_network("2001::/23"),
    ip_network("2001:db8::/32"),
    ip_network("2002::/16"),
    ip_network("2620:4f:8000::/48"),
    ip_network("3fff::/20"),
)
_PUBLIC_V6 = ip_network("2000::/3")
"""All that was ever handed out as global unicast; what lies elsewhere is not public."""

_CARRY_V4 = (ip_network("::ffff:0:0/96"), ip_network("64:ff9b::/96"))
"""IPv6 addresses that only stand for an IPv4 one: mapped, and translated (NAT64)."""
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


class Forbidden(Exception):
    """That may not be called; nothing was sent.

    Attributes:
        detail: One sentence for a person.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def is_public(address: IpAddress) -> bool:
    """Whether *address*, and every other address hidden in it, is a public one."""
    return all(map(_is_public, _faces(address)))


def _faces(address: IpAddress) -> tuple[IpAddress, ...]:
    """The addresses that packets to *address* may end at."""
    if isinstance(address, IPv6Address):
        hidden = IPv4Address(int(address) & 0xFFFFFFFF)
        if any(address in network for network in _CARRY_V4):
            return (hidden,)
        if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
            return (address, hidden)
    return (address,)


def _is_public(address: IpAddress) -> bool:
    if isinstance(address, IPv6Address) and address not in _PUBLIC_V6:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


class Guard:
    """Looks at what a stranger wants called; a name is resolved once, and all it means counts."""

    def __init__(
        self,
        *,
        insecure: bool = False,
        allow: Iterable[Network] = (),
        resolve: Resolver | None = None,
    ) -> None:
        """Be strict, but for what a stack on one machine needs.

        Args:
            insecure: Whether plain http and any port may be called.
            allow: Networks that may be called although they are not public.
            resolve: How names are resolved, if not by the system.
        """
        self._insecure, self._allow = insecure, tuple(allow)
        self._resolve = resolve or _resolve

    def check(self, url: str) -> httpx.URL:
        """See that *url* may be called, as far as it tells by itself. Raises Forbidden."""
        try:
            parts = httpx.URL(url)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise Forbidden("That is not a URL.") from error
        if not (parts.scheme == "https" or (self._insecure and parts.scheme == "http")):
            raise Forbidden("The URL must begin with https://.")
        if not parts.host or parts.userinfo or parts.fragment:
            raise Forbidden("The URL must have a host, and no user name or fragment.")
        port = 443 if parts.port is None else parts.port
        if not (port in _USUAL_PORTS or (self._insecure and 0 < port <= _LAST_PORT)):
            raise Forbidden("The port must be 443 or 8443.")
        return parts

    async def look(self, url: str) -> None:
        """See that *url* may be called as things are; its host need not have an address yet.

        Raises Forbidden. What counts in the end is who is there when it is called.
        """
        parts = self.check(url)
        with suppress(OSError):
            await self.addresses(parts.raw_host.decode(), parts.port or 443)

    async def addresses(self, host: str, port: int) -> list[str]:
        """Resolve *host*: one address that may not be called spoils them all.

        Raises Forbidden, or OSError if there is no such host.
        """
        try:
            found = await self._resolve(host, port)
        except UnicodeError as error:  # a label that is empty or too long
            raise Forbidden("That is not the name of a host.") from error
        if not found or not all(map(self._admits, found)):
            raise Forbidden("The host has an address that is not public.")
        return found

    def _admits(self, text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        return all(
            _is_public(face) or any(face in network for network in self._allow)
            for face in _faces(address)
        )


async def _resolve(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))
