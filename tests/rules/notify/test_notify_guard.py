"""No stranger makes us call our own network: a corpus of the ways that have been tried."""

from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.platform.outside.guard import Forbidden, Guard, is_public


def _corpus(kind: str) -> list[str]:
    """The hosts of one kind in hosts.txt."""
    lines = (Path(__file__).parent / "hosts.txt").read_text().splitlines()
    return [line.split()[1] for line in lines if line.startswith(f"{kind} ")]


OURS = _corpus("ours")

OTHERS = _corpus("others")


@pytest.mark.parametrize("address", OURS)
def test_no_address_of_ours_is_called_whatever_it_is_dressed_as(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OTHERS)
def test_everybody_elses_address_may_be_called(address: str) -> None:
    assert is_public(ip_address(address))


@given(number=st.integers(0, 2**32 - 1))
def test_an_ipv4_address_is_judged_the_same_in_every_dress(number: int) -> None:
    plain = ip_address(number)
    for prefix in ("::ffff:0:0", "64:ff9b::"):
        dressed = ip_address(int(ip_address(prefix)) | number)
        assert is_public(dressed) is is_public(plain)
    assert not is_public(ip_address(int(ip_address("2002::")) | number << 80))
    assert not is_public(IPv6Address(number))


@given(number=st.integers(0, 2**128 - 1))
def test_nothing_outside_the_handed_out_ipv6_space_is_called(number: int) -> None:
    address = IPv6Address(number)
    carried = any(address in ip_network(net) for net in ("::ffff:0:0/96", "64:ff9b::/96"))
    if address not in ip_network("2000::/3") and not carried:
        assert not is_public(address)


BAD_URLS = [
    "http://example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "//example.org/",
    "example.org",
    "",
    "https://",
    "https:///path",
    "https://user@example.org/",
    "https://user:secret@example.org/",
    "https://example.org/#inside",
    "https://example.org:22/",
    "https://example.org:6379/",
    "https://example.org:0/",
    "https://example.org:99999/",
    "https://example.org:https/",
    "https://exam\nple.org/",
    "https://example.org/\r\nHost: other",
    "https://[::1",
    "javascript:alert(1)",
    "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_what_is_no_plain_https_url_is_refused_without_a_look(url: str) -> None:
    with pytest.raises(Forbidden):
        Guard().check(url)


@pytest.mark.parametrize(
    "url", ["https://example.org", "https://example.org:8443/feira?of=me", "https://例子.cn/接收"]
)
def test_a_plain_https_url_is_fine(url: str) -> None:
    Guard().check(url)


def test_plain_http_and_any_port_are_for_a_stack_on_one_machine() -> None:
    Guard(insecure=True).check("http://example.org:9000/")
    with pytest.raises(Forbidden):
        Guard(insecure=True).check("http://example.org:99999/")


DISGUISED = _corpus("disguised")


@pytest.mark.parametrize("host", DISGUISED)
async def test_a_host_is_judged_by_what_it_resolves_to_not_by_how_it_is_written(host: str) -> None:
    with pytest.raises((Forbidden, OSError)):
        await Guard(insecure=True).addresses(host, 80)


async def test_one_address_of_ours_spoils_a_host() -> None:
    async def both(_host: str, _port: int) -> list[str]:
        return ["93.184.216.34", "10.0.0.1"]

    with pytest.raises(Forbidden):
        await Guard(resolve=both).addresses("two-faced.example", 443)


@pytest.mark.parametrize("answer", [[], ["not an address"], ["fe80::1%eth0"], [""]])
async def test_what_cannot_be_judged_is_refused(answer: list[str]) -> None:
    async def odd(_host: str, _port: int) -> list[str]:
        return answer

    with pytest.raises(Forbidden):
        await Guard(resolve=odd).addresses("odd.example", 443)


async def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises((Forbidden, OSError)):
        await Guard().addresses("a" * 64 + ".example", 443)
    with pytest.raises((Forbidden, OSError)):
        await Guard().addresses("two..dots", 443)


async def test_networks_can_be_allowed_one_by_one_and_no_more_than_those() -> None:
    guard = Guard(allow=[ip_network("127.0.0.0/8")])
    assert await guard.addresses("127.0.0.1", 443) == ["127.0.0.1"]
    assert await guard.addresses("::ffff:127.0.0.1", 443)
    for other in ("10.0.0.1", "169.254.169.254", "::1"):
        with pytest.raises(Forbidden):
            await guard.addresses(other, 443)
