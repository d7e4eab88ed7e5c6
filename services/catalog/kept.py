"""What catalog keeps: its aggregates, each with its rules."""

from services.catalog import (
    agreement,
    festival,
    intake,
    listing,
    merchant,
    organisation,
    product,
    report,
    sale,
    zone,
)
from services.catalog.agreement import Agreement
from services.catalog.festival import Festival
from services.catalog.intake import Intake
from services.catalog.listing import Listing, Shelf
from services.catalog.merchant import Merchant
from services.catalog.organisation import Organisation
from services.catalog.product import Product
from services.catalog.report import Report
from services.catalog.sale import Sale
from services.catalog.zone import Zone
from shared.platform.change.aggregate import Aggregate

ORGANISATIONS = Aggregate(
    "organisations", Organisation, new=Organisation, evolve=organisation.evolve
)
AGREEMENTS = Aggregate("agreements", Agreement, new=Agreement, evolve=agreement.evolve)
FESTIVALS = Aggregate("festivals", Festival, new=Festival, evolve=festival.evolve)
ZONES = Aggregate("zones", Zone, new=Zone, evolve=zone.evolve)
MERCHANTS = Aggregate("merchants", Merchant, new=Merchant, evolve=merchant.evolve)
PRODUCTS = Aggregate("products", Product, new=Product, evolve=product.evolve, tell=product.tell)
LISTINGS = Aggregate("listings", Listing, new=Listing, evolve=listing.evolve, tell=listing.tell)
SHELVES = Aggregate("shelves", Shelf, new=Shelf, evolve=listing.evolve_shelf)
INTAKES = Aggregate("intakes", Intake, new=Intake, evolve=intake.evolve)
SALES = Aggregate("sales", Sale, new=Sale, evolve=sale.evolve)
REPORTS = Aggregate("reports", Report, new=Report, evolve=report.evolve)
