"""Which port each part listens on: chosen free, and remembered for the next start."""

import os
import random
import socket
import threading

from deploy.local.failure import Failure
from deploy.local.home import PROJECT, Home

# Below the range from which systems lend ports to outgoing connections, so that a remembered port
# is still free after a restart.
RANGE = range(20_000, 30_000)

# The addresses of a project's own stack are worth knowing by heart; private stacks take any.
FAMILIAR = {
    "catalog": 8801,
    "orders": 8802,
    "livestream": 8803,
    "notify": 8804,
    "issuer": 8810,
    "sandbox": 8811,
    "sandbox_smtp": 8825,
    "kafka": 8892,
    "kafka_controller": 8893,
    "mongo": 8817,
}

# For all homes of this process: threads side by side must not pick the same port.
_choosing = threading.Lock()
_handed_out: set[int] = set()


class Ports:
    """The ports of one home. FEIRA_<NAME>_PORT pins one."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def get(self, name: str) -> int | None:
        return self._pinned(name) or self._home.remembered("ports").get(name)

    def settle(self, name: str) -> int:
        """Return a port that was free a moment ago: the pinned, the remembered, or a new one."""
        pinned = self._pinned(name)
        if pinned:
            if not is_free(pinned):
                raise Failure(f"Port {pinned} (FEIRA_{name.upper()}_PORT) is taken.")
            return pinned
        with _choosing:
            memory = self._home.remembered("ports")
            port: int | None = memory.get(name)
            if port is None or not is_free(port):
                port = self._choose(name, set(memory.values()) | _handed_out)
                self._home.remember("ports", {**memory, name: port})
            _handed_out.add(port)
            return port

    def forget(self, name: str) -> None:
        with _choosing:
            memory = self._home.remembered("ports")
            memory.pop(name, None)
            self._home.remember("ports", memory)

    def _choose(self, name: str, spoken_for: set[int]) -> int:
        familiar = FAMILIAR.get(name)
        wanted = [familiar] if familiar and self._home.root == PROJECT / ".feira" else []
        for port in [*wanted, *random.sample(RANGE, 200)]:
            if port not in spoken_for and is_free(port):
                return port
        raise Failure(f"No free port found for {name} between {RANGE.start} and {RANGE.stop}.")

    def _pinned(self, name: str) -> int | None:
        value = os.environ.get(f"FEIRA_{name.upper()}_PORT", "")
        if value and not value.isdigit():
            raise Failure(f"FEIRA_{name.upper()}_PORT must be a number, not {value!r}.")
        return int(value) if value else None


def is_free(port: int) -> bool:
    """Try to bind, as the server will: a port in TIME_WAIT counts as free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def is_open(port: int) -> bool:
    """Whether anything accepts connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
