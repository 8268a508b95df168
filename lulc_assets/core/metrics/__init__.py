"""Metrics: accuracy reports as long tables, one figure per row, that dbt models read.

Here are the table's schema and its deterministic Parquet files; the estimators are in
``core/accuracy``, the SQL in ``dbt_metrics``.
"""
