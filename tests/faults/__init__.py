"""What must hold, whatever breaks: real processes under load, a fault, and a check from the test's own record.

A test writes down every operation (`record.py`), loads the system (`load.py`), breaks something (`processes.py`), and
checks at the end, from its record and from what can be read from outside, what must hold (`checks.py`). Counts are
small with `make faults-small` and full with `make faults`, which prints them.
"""
