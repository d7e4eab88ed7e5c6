"""Notify: tells people and systems what happened.

Owns   recipients (who a person is to us: address, language, name, what they follow), messages to
       them (mail and inbox), webhook endpoints of other systems and the deliveries to them.
Says   `feira.notify.message.v1`, `feira.notify.endpoint.v1`.
Hears  every event of every service, its own included; copies product names, whose an order is, who
       follows which host.

No address, name or secret is ever in an event, a log line or a metric: they are notes, and stay in
this service's database; messages for some months, the rest until its person is to be forgotten.
"""
