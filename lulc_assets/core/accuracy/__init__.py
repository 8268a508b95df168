"""The reporter: sample and maps become a report, with its verdict, and areas by zone.

Nothing here makes pictures, writes metric tables or knows Dagster.
"""
