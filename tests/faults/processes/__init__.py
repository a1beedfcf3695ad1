"""Faults that only real processes have: kill -9, SIGTERM, SIGSTOP, a database or Redis that goes away.

Real workers with their work-horses, a real PostgreSQL and Valkey, and the sandbox in a process of its
own. `python -m tests.faults.processes` runs any number of runs; each is drawn from its seed and ends
with a look in both books: every order exactly one document. What one process can play is not here:
that is the simulation next door, thousands of times faster.
"""
