"""The commands about stock."""

import os
import sys
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from deploy.local.failure import Failure
from deploy.local.home import Home, read_json
from deploy.local.issuer import Issuer

DIFFERENT = 1

stock = typer.Typer(help="Look after the stock pool.", no_args_is_help=True)


@stock.command()
def reconcile(
    url: Annotated[str, typer.Option(help="Where orders is; the local stack's, if not said.")] = "",
    token: Annotated[
        str, typer.Option(envvar="FEIRA_TOKEN", help="An operator's token; a local one, if none.")
    ] = "",
) -> None:
    """Recompute the pool from all that moved it; exit 1 if anything differs."""
    console = Console()
    url = (url or os.environ.get("FEIRA_ORDERS_URL") or _local()).rstrip("/")
    found = _ask(f"{url}/stock/reconciliation", token or Issuer.load().token("operator", "cli"))
    if not found["differences"]:
        console.print(f"{found['skus']:,} SKUs agree with all that moved them.")
        return
    table = Table("SKU", "Place", "The pool says", "Its rows come to")
    for each in found["differences"]:
        table.add_row(each["sku"], each["place"], f"{each['pool']:,}", f"{each['rows']:,}")
    console.print(table)
    sys.exit(DIFFERENT)


def _local() -> str:
    page = read_json(Home.default().stack)
    try:
        return page["services"]["orders"]["url"]
    except KeyError:
        raise Failure("No orders service is running here: `feira up`, or say --url.") from None


def _ask(url: str, token: str) -> dict[str, Any]:
    try:
        answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    except httpx.HTTPError as error:
        raise Failure(f"{url} does not answer: {error}.") from error
    if answer.is_error:
        raise Failure(f"{url} answers {answer.status_code}: {answer.text[:300]}")
    return answer.json()


def add_to(app: typer.Typer) -> None:
    app.add_typer(stock, name="stock")
