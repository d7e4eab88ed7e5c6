"""The demo: a whole festival in minutes, played on real parts and proved from outside.

`feira demo` starts a stack of its own (`.feira/demo`, emptied at each start; the one `feira up`
started is never touched), loads the real input through the services' public HTTP APIs, and plays
two zone days and their live sessions against thousands of buyers over real HTTP and SSE. Then it
reads the orders, the journals, Kafka, the payment provider's ledger and the mail, proves that they
agree, and writes the festival's figures down as a report.

    data      the input as it is written        calendar  festival time to wall time and back
    cast      who takes part, their tempers     wire      HTTP and SSE, cheap enough for thousands
    loading   everything in, by public APIs     play      the days: booth, buyers, host at work
    books     what is known outside at the end  proof     what must agree, one function each
    figures   what was sold, to whom, when      report    all of it on one page
"""
