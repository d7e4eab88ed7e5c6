"""What notify keeps: its aggregates and the collections they live in."""

from services.notify import broadcast, copies, delivery, endpoint, message, recipient
from services.notify.broadcast import Broadcast
from services.notify.copies import Order, Product
from services.notify.delivery import Delivery
from services.notify.endpoint import Endpoint
from services.notify.message import Message
from services.notify.recipient import Recipient
from shared.platform.change.aggregate import Aggregate

RECIPIENTS = Aggregate("recipients", Recipient, new=Recipient, evolve=recipient.evolve)
MESSAGES = Aggregate("messages", Message, new=Message, evolve=message.evolve)
BROADCASTS = Aggregate("broadcasts", Broadcast, new=Broadcast, evolve=broadcast.evolve)
ENDPOINTS = Aggregate("endpoints", Endpoint, new=Endpoint, evolve=endpoint.evolve)
DELIVERIES = Aggregate("deliveries", Delivery, new=Delivery, evolve=delivery.evolve)
PRODUCTS = Aggregate("products", Product, new=Product, evolve=copies.product_stands)
ORDERS = Aggregate("orders", Order, new=Order, evolve=copies.order_belongs)
