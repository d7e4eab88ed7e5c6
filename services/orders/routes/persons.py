"""HTTP in: who buys. What is said here is answered with a token and never said back."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, SecretStr, StrictBool

from services.orders.people.real_names import RealNames
from services.orders.routes.door import Asked, Buyer, Eraser
from shared.events.ids import Id, PersonToken


class Proof(BaseModel):
    """Who a buyer is, as customs asks, and which wording of the consent they agreed to.

    Unknown members are not refused as elsewhere: the answer would repeat their names.
    """

    name: Annotated[SecretStr, Field(max_length=200)]
    id_number: Annotated[SecretStr, Field(max_length=40)]
    consent: StrictBool
    consent_version: Id


class PersonView(BaseModel):
    """The person's token, and by what they recognise the number they gave."""

    person_token: PersonToken
    last4: str


def person_routes(real_names: RealNames) -> APIRouter:
    router = APIRouter(tags=["persons"])

    @router.post("/persons", status_code=201)
    async def register_person(
        caller: Buyer, asked: Asked, proof: Proof, response: Response
    ) -> PersonView:
        """Say who you are, for customs; it is sealed at once. The same person, the same token."""
        registered = await real_names.register(
            proof.name.get_secret_value(),
            proof.id_number.get_secret_value(),
            proof.consent_version if proof.consent else None,
            caller.subject,
            asked,
        )
        response.headers["cache-control"] = "no-store"
        return PersonView(person_token=registered.token, last4=registered.last4)

    @router.delete("/persons/{person_token}", status_code=204)
    async def erase_person(person_token: PersonToken, caller: Eraser, asked: Asked) -> None:
        """Have your name and number erased; orders stay, those not yet declared cannot be."""
        anybodys = "operator" in caller.roles
        await real_names.erase(person_token, None if anybodys else caller.subject, asked)

    return router
