"""The figures of a session: who came, for how long, what they liked and bought.

    heartbeat, likes ──> meter ──(every 5 s)──> count, minute ──┐
    orders ─────────────────────────────────> sales, minute ────┴──> kpi ──> GET …/figures

A viewer is a name hashed with a key of our own; whom it stands for is kept nowhere. Uniques are
estimated (HyperLogLog), so that what replicas counted can be put together and nobody is listed.
What is counted is what was recorded and nothing else: before a session is live nothing is.
"""
