"""Alerts: change against last year's map, judged scene by scene as scenes arrive."""
