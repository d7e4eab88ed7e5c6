"""The commands about tokens."""

import sys
from typing import Annotated

import typer

from deploy.local.issuer import ROLES, Issuer


def token(
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")],
    subject: Annotated[str, typer.Option(help="Who this is, as an opaque id.")] = "",
    merchant: Annotated[str, typer.Option(help="Which merchant a merchant is: m01.")] = "",
    locale: Annotated[str, typer.Option(help="pt, zh-Hant, zh-Hans or en.")] = "",
    hours: Annotated[float, typer.Option(help="How long it is good for.")] = 8,
) -> None:
    """Print a bearer token for one role."""
    said = {"merchant_id": merchant, "locale": locale}
    claims = {claim: value for claim, value in said.items() if value}
    signed = Issuer.load().token(role, subject or f"{role}-1", hours=hours, **claims)
    sys.stdout.write(signed + "\n")


def rotate() -> None:
    """Sign with a new key from now on; tokens signed before stay good."""
    sys.stdout.write(f"{Issuer.load().rotate().kid}\n")


def add_to(app: typer.Typer) -> None:
    for command in (token, rotate):
        app.command()(command)
