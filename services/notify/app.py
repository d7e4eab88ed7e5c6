"""The composition root: which parts of notify are real."""

from services.notify.courier import Courier
from services.notify.directory import Directory
from services.notify.mail import SmtpMailer
from services.notify.mailroom import Mailroom
from services.notify.people import People
from services.notify.postman import Postman
from services.notify.queries import COLLECTIONS, Queries
from services.notify.routes import routes
from services.notify.settings import NotifySettings
from services.notify.subscribers import subscribers
from services.notify.timers import DELIVERIES_AT_ONCE, timers
from services.notify.webhooks import Webhooks
from shared.platform.core import Core
from shared.platform.outside.guard import Guard
from shared.platform.outside.outbound import Outbound
from shared.platform.service import Service


def assemble(settings: NotifySettings) -> Service:
    core = Core(settings, COLLECTIONS)
    queries = Queries(core.mongo)
    directory = Directory(queries)
    guard = Guard(insecure=settings.webhook_insecure, allow=settings.webhook_allow)
    # Endpoints of one host share its connections; how many of them are used, the courier bounds.
    outbound = Outbound(
        "webhooks",
        deadline=settings.webhook_timeout,
        connections=DELIVERIES_AT_ONCE,
        guard=guard,
    )
    mailer = SmtpMailer(
        settings.smtp.get_secret_value(),
        settings.sender,
        connections=settings.smtp_connections,
        deadline=settings.mail_claim / 2,
    )
    mailroom = Mailroom(core.uow, queries, keep=settings.keep)
    people = People(core.uow, queries)
    webhooks = Webhooks(core.uow, directory)
    postman = Postman(core.uow, queries, mailer, settings.patience)
    courier = Courier(
        core.uow,
        queries,
        directory,
        outbound,
        pauses=settings.webhook_pauses,
        lasts=settings.webhook_claim,
    )
    broadcasts, forgetting, *pumps = timers(mailroom, people, postman, courier, queries)
    core.uow.listeners += [pump.wake for pump in pumps]
    return Service(
        settings,
        description="Tells people and systems what happened: mail, inbox, webhooks.",
        routers=routes(people, webhooks, queries, guard),
        parts=[core.mongo, core.uow],
        background=[
            *core.relays,
            mailer,
            outbound,
            broadcasts,
            forgetting,
            *pumps,
            # A group belongs to a database: another one has heard nothing yet.
            subscribers(settings.kafka, settings.database, mailroom, webhooks),
        ],
    )
