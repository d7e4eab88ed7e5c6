"""What a program must be told to join this stack: the FEIRA_* variables of each part."""

import os

from deploy.local import web
from deploy.local.home import Home
from deploy.local.ports import Ports
from deploy.local.replica_set import NAME

HOST = "127.0.0.1"

Env = dict[str, str]

_VIDEO = ("FEIRA_LIVESTREAM_WEB_VIDEO", "FEIRA_LIVESTREAM_WEB_VIDEO_ORIGINS")
"""Where the video of the rooms comes from, if the shell says so: the stack has none."""


class Environment:
    """The variables of one stack, from its remembered ports and what the shell says."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._ports = Ports(home)

    @property
    def other_kafka(self) -> str | None:
        """The Kafka that FEIRA_KAFKA names instead of ours."""
        return self._other("FEIRA_KAFKA", f"{HOST}:{self._ports.get('kafka')}")

    @property
    def other_mongo(self) -> str | None:
        """The MongoDB that FEIRA_MONGO names instead of ours."""
        return self._other("FEIRA_MONGO", self._own_mongo)

    def infra(self) -> Env:
        return {
            "FEIRA_HOME": str(self._home.root),
            "FEIRA_KAFKA": self.other_kafka or f"{HOST}:{self._ports.get('kafka')}",
            "FEIRA_MONGO": self.other_mongo or self._own_mongo,
        }

    def issuer(self) -> Env:
        url = self.url("issuer")
        return {
            "FEIRA_ISSUER": url,
            "FEIRA_JWKS": f"{url}/.well-known/jwks.json",
            "FEIRA_AUDIENCE": os.environ.get("FEIRA_AUDIENCE") or "feira",
            **self._origins(),
            **self._door("issuer"),
        }

    def sandbox(self) -> Env:
        return {
            **self._door("sandbox"),
            "FEIRA_SANDBOX_STATE": str(self._home.root / "sandbox" / "ledger.jsonl"),
            "FEIRA_SANDBOX_SMTP_PORT": str(self._ports.get("sandbox_smtp")),
            "FEIRA_ORDERS_PAYMENTS_KEY": self._home.secret("payments_key"),
            "FEIRA_ORDERS_PAYMENTS_SECRET": self._home.secret("payments_secret"),
            **self._border(),
        }

    def service(self, name: str) -> Env:
        """All that one service is told, and nothing of the secrets of another."""
        own = {
            **self.infra(),
            **self.issuer(),
            "FEIRA_LOG_FORMAT": os.environ.get("FEIRA_LOG_FORMAT") or "text",
            **self._door(name),
            f"FEIRA_{name.upper()}_DATABASE": self._database(name),
        }
        if name == "orders":
            own |= self._payments() | self._border() | self._vault()
        if name == "livestream":
            own |= {"FEIRA_LIVESTREAM_VIEWER_KEY": self._home.secret("viewer_key")}
        if name == "notify":
            own |= self._mail()
        if name == "livestream":
            own |= self._pages()
        return own

    def smtp(self) -> str:
        return f"smtp://{HOST}:{self._ports.get('sandbox_smtp')}"

    def _origins(self) -> Env:
        """Whose pages may call: the shell's word, else where livestream serves ours."""
        said = os.environ.get("FEIRA_ORIGINS")
        return {"FEIRA_ORIGINS": said or self.url("livestream")}

    def _pages(self) -> Env:
        """The pages, once they are built, and where they find everybody."""
        folder = web.built()
        if folder is None:
            return {}
        return {
            "FEIRA_LIVESTREAM_WEB": str(folder),
            "FEIRA_LIVESTREAM_WEB_CATALOG": self.url("catalog"),
            "FEIRA_LIVESTREAM_WEB_ORDERS": self.url("orders"),
            "FEIRA_LIVESTREAM_WEB_NOTIFY": self.url("notify"),
            "FEIRA_LIVESTREAM_WEB_DEMO": "true",
            **{name: os.environ[name] for name in _VIDEO if name in os.environ},
        }

    def _payments(self) -> Env:
        return {
            "FEIRA_ORDERS_URL": self.url("orders"),
            "FEIRA_ORDERS_PAYMENTS": self.url("sandbox"),
            "FEIRA_ORDERS_PAYMENTS_KEY": self._home.secret("payments_key"),
            "FEIRA_ORDERS_PAYMENTS_SECRET": self._home.secret("payments_secret"),
        }

    def _border(self) -> Env:
        """The sandbox's customs and carrier, who know us by what its payment firm does."""
        url, key = self.url("sandbox"), self._home.secret("payments_key")
        secret = self._home.secret("payments_secret")
        return {
            "FEIRA_ORDERS_CUSTOMS": url,
            "FEIRA_ORDERS_CUSTOMS_KEY": key,
            "FEIRA_ORDERS_CUSTOMS_SECRET": secret,
            "FEIRA_ORDERS_CARRIER": url,
            "FEIRA_ORDERS_CARRIER_KEY": key,
            "FEIRA_ORDERS_CARRIER_CHECKWORD": secret,
        }

    def _vault(self) -> Env:
        return {
            "FEIRA_ORDERS_VAULT_KEYS": f"local:{self._home.secret('vault_key')}",
            "FEIRA_ORDERS_VAULT_INDEX_KEY": self._home.secret("vault_index_key"),
        }

    def _mail(self) -> Env:
        sender = os.environ.get("FEIRA_NOTIFY_SENDER") or "feira@localhost"
        return {"FEIRA_NOTIFY_SMTP": self.smtp(), "FEIRA_NOTIFY_SENDER": sender}

    def url(self, part: str) -> str:
        return f"http://{HOST}:{self._ports.get(part)}"

    @property
    def _own_mongo(self) -> str:
        return f"mongodb://{HOST}:{self._ports.get('mongo')}/?replicaSet={NAME}"

    def _door(self, name: str) -> Env:
        door = f"FEIRA_{name.upper()}"
        return {f"{door}_HOST": HOST, f"{door}_PORT": str(self._ports.get(name))}

    def _database(self, service: str) -> str:
        return os.environ.get(f"FEIRA_{service.upper()}_DATABASE") or service

    def _other(self, variable: str, ours: str) -> str | None:
        """A shell that joined this stack says the same as we do: that is no other server."""
        said = os.environ.get(variable)
        return said if said and said != ours else None
