"""A call over HTTP, from top to bottom.

::

    client.apps.list(zone_id)
    │
    call       send: one record, one deadline, until there is a result or an error
    ├─ request     the arguments are checked, and written as URL and body
    ├─ deadline    the clock of the call starts
    ├─ call        an attempt, and another one as long as retry says so
    │  ├─ limiter      a permit to send one request
    │  ├─ session      one request on aiohttp's session, and all of its response
    │  ├─ response     status, envelope, models: the result, or an error
    │  └─ limiter      the permit goes back; a 429 pauses all, headers can slow all down
    └─ retry       after an error: raise it, or wait and attempt again

``record`` holds what goes through all of them: the call and the HTTP response. ``config`` and ``credentials`` check
what a client is made with, ``redaction`` and ``frames`` keep secrets out of texts and tracebacks, ``headers`` reads
what a response says of rate limits, ``hints`` explains Spectrum's codes. ``request``, ``response``, ``hints``,
``failures``, ``retry``, ``headers`` and ``redaction`` are pure: no I/O, and clock, sleep and randomness are passed in.
The limiters are in :mod:`aiospectrum.limiters`.
"""
