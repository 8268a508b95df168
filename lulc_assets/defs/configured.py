"""Resources and executor of the code location, as the environment configures them.

What belongs here: which resource has which name and where its settings come from. What does not:
what they do (``resources``, ``plain_values``, ``executors``).
"""

import dagster as dg

from lulc_assets.defs.executors import chosen_executor
from lulc_assets.defs.plain_values import PlainValues
from lulc_assets.defs.resources import ProjectResource


@dg.definitions
def resources() -> dg.Definitions:
    """Resources and executor of the code location."""
    project = ProjectResource(project_file=dg.EnvVar("LULC_PROJECT"))
    return dg.Definitions(
        resources={"project": project, "io_manager": PlainValues(project=project)},
        executor=chosen_executor(),
    )
