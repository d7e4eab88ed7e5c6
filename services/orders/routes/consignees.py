"""HTTP in: who receives parcels. What is said here is answered with a token and never said back."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, SecretStr

from services.orders.people.consignees import Consignees, Written
from services.orders.routes.door import Asked, Buyer, Eraser
from shared.events.ids import ConsigneeToken


class Receiver(BaseModel):
    """Who receives parcels, and where; the telephone as E.164 has it, +86… or +853….

    Unknown members are not refused as elsewhere: the answer would repeat their names.
    """

    name: Annotated[SecretStr, Field(max_length=200)]
    phone: Annotated[SecretStr, Field(max_length=40)]
    address: Annotated[SecretStr, Field(max_length=800)]

    def read(self) -> Written:
        return Written(
            self.name.get_secret_value(),
            self.phone.get_secret_value(),
            self.address.get_secret_value(),
        )


class ConsigneeView(BaseModel):
    """The token to order with."""

    consignee_token: ConsigneeToken


def consignee_routes(consignees: Consignees) -> APIRouter:
    router = APIRouter(tags=["consignees"])

    @router.post("/consignees", status_code=201)
    async def name_consignee(
        caller: Buyer, asked: Asked, receiver: Receiver, response: Response
    ) -> ConsigneeView:
        """Say who receives your parcels; it is sealed at once. Each wish has a token of its own."""
        token = await consignees.name(receiver.read(), caller.subject, asked)
        response.headers["cache-control"] = "no-store"
        return ConsigneeView(consignee_token=token)

    @router.put("/consignees/{consignee_token}", status_code=204)
    async def correct_consignee(
        consignee_token: ConsigneeToken, caller: Buyer, asked: Asked, receiver: Receiver
    ) -> None:
        """Correct who receives what is ordered with a token and not yet declared."""
        await consignees.name_anew(consignee_token, receiver.read(), caller.subject, asked)

    @router.delete("/consignees/{consignee_token}", status_code=204)
    async def erase_consignee(
        consignee_token: ConsigneeToken, caller: Eraser, asked: Asked
    ) -> None:
        """Have it erased; orders stay, those not yet declared cannot be until it is said again."""
        anybodys = "operator" in caller.roles
        await consignees.erase(consignee_token, None if anybodys else caller.subject, asked)

    return router
