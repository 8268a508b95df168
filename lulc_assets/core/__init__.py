"""The domain: land-cover mapping without any orchestrator.

Rooms stand in the order of the way of the data; a room imports only from rooms
before it (see ``[tool.importlinter]``). Nothing here imports Dagster, reads the
environment, or does I/O at import.
"""
