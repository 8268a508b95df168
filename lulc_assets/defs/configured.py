"""Resources and executor of the code location, as the environment configures them.

What belongs here: which resource has which name and where its settings come from. What does not:
what they do (``resources``, ``plain_values``, ``executors``).
"""

import sys
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource

from lulc_assets.defs.executors import chosen_executor
from lulc_assets.defs.plain_values import PlainValues
from lulc_assets.defs.resources import DBT_FOLDER, ProjectResource


@dg.definitions
def resources() -> dg.Definitions:
    """Resources and executor of the code location."""
    project = ProjectResource(project_file=dg.EnvVar("LULC_PROJECT"))
    dbt = DbtCliResource(
        project_dir=str(DBT_FOLDER),
        profiles_dir=str(DBT_FOLDER),
        dbt_executable=_dbt_executable(),
    )
    return dg.Definitions(
        resources={"project": project, "dbt": dbt, "io_manager": PlainValues(project=project)},
        executor=chosen_executor(),
    )


def _dbt_executable() -> str:
    """The dbt of this environment, even where its folder is not on the PATH."""
    beside = Path(sys.executable).parent / "dbt"
    return str(beside) if beside.is_file() else "dbt"
