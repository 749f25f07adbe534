"""What must hold, whatever breaks: real processes under load, a fault, and a check from the test's own record.

A test writes down every operation (`record.py`), loads the system (`load.py`), breaks something (`processes.py`), and
checks at the end, from its record and from what can be read from outside, what must hold (`checks.py`). Counts are
small with `make faults-small` and full with `make faults`, which prints them.

Row 18, of what clocks and calendars do, breaks no process: it is a table, in `tests/unit/test_clock_table.py`, and
`tests/services/routing/test_timers.py` sees that what is due by it comes once, however long nobody looked.
"""
