"""A MongoDB replica set of one: made at first sight, and given its new address after a move."""

from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

NAME = "feira"
NOT_YET_INITIALIZED = 94

Document = dict[str, Any]


def is_primary(address: str) -> bool:
    """Whether the member there takes writes; one that is new is made a replica set first."""
    try:
        with _at(address) as client:
            _initiated(client, address)
            return bool(client.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:
        return False  # not yet; how long that is believed is for the caller to say


def readdress(address: str) -> bool:
    """Tell the data of a mongod started alone at which address it is the member from now on.

    A member that finds a stranger at its old address asks it for up to half a minute who it is.
    """
    try:
        with _at(address) as client:
            client["local"]["system.replset"].update_one(
                {"members.host": {"$ne": address}},
                {"$set": {"members.0.host": address}, "$inc": {"version": 1}},
            )
            return True
    except PyMongoError:
        return False


def objection(uri: str) -> str:
    """Ask a MongoDB that is not ours whether it will do; no objection when it will."""
    try:
        client: MongoClient[Document] = MongoClient(uri, serverSelectionTimeoutMS=5_000)
        with client:
            hello: Document = client.admin.command("hello")
    except PyMongoError as error:
        return f"does not answer: {str(error).split(',')[0]}"
    return "" if "setName" in hello else "is not a replica set, which transactions need"


def _at(address: str) -> MongoClient[Document]:
    return MongoClient(address, directConnection=True, serverSelectionTimeoutMS=2_000)


def _initiated(client: MongoClient[Document], address: str) -> None:
    try:
        client.admin.command("replSetGetConfig")
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        only: Document = {"_id": NAME, "members": [{"_id": 0, "host": address}]}
        client.admin.command("replSetInitiate", only)
