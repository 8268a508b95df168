"""What each asset does, one sentence per step, without any orchestrator.

A step reads committed products, calls the domain (``core``), validates, publishes and
returns the commit record. ``defs`` wraps steps into Dagster assets; tests and the command
line call them directly.
"""
