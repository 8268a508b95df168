"""Tables for SQL: columns by a schema, and Parquet whose bytes depend on the rows alone.

What belongs here: checking a table and writing it. What does not: which columns there are
(``tables``, ``map_tables``).
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pyarrow as arrow
import pyarrow.parquet as pq

from lulc_assets.core.errors import InvalidProduct

_ARROW_TYPES = {"int64": arrow.int64(), "float64": arrow.float64(), "bool": arrow.bool_()}


def validate_table(table: pd.DataFrame, schema: pa.DataFrameSchema) -> pd.DataFrame:
    """Return the table with its column types if it keeps the schema.

    Raises:
        InvalidProduct: it does not; the message names column, check and value.
    """
    typed = table.copy()
    for name, column in schema.columns.items():
        if name in typed and str(column.dtype) in _ARROW_TYPES:
            typed[name] = typed[name].astype(str(column.dtype))
    try:
        return schema.validate(typed, lazy=True)
    except pa.errors.SchemaErrors as error:
        case = error.failure_cases.iloc[0]
        value = case["failure_case"]
        value = value.item() if isinstance(value, np.generic) else value
        raise InvalidProduct(
            f"{schema.name}: {case['column']} = {value!r} fails {case['check']} "
            f"({len(error.failure_cases)} failures in all)"
        ) from error


def write_table(path: Path, table: pd.DataFrame, schema: pa.DataFrameSchema) -> Path:
    """Write a table as Parquet; same rows, same bytes.

    Raises:
        InvalidProduct: the table breaks the schema.
    """
    columns = arrow.schema(
        [
            arrow.field(name, _ARROW_TYPES.get(str(column.dtype), arrow.string()))
            for name, column in schema.columns.items()
        ]
    )
    checked = validate_table(table, schema)
    written = arrow.Table.from_pandas(checked, schema=columns, preserve_index=False)
    # Without pandas' own metadata the bytes do not depend on its version.
    pq.write_table(written.replace_schema_metadata(None), path, compression="zstd")
    return path
