"""Steps of a run as jobs of a Ray cluster, through dagster-ray.

What belongs here: what dagster-ray leaves open: how many GPUs a training takes, and that a run says
so when no node can take a step. What does not: which executor is chosen (``executors``).

Loaded only where LULC_EXECUTOR is ``ray``; needs the extra ``ray``. Not under ``defs/``, of which
Dagster loads every module.
"""

import os
from collections.abc import Iterator

import dagster as dg
from dagster._core.definitions.executor_definition import multiple_process_executor_requirements
from dagster._core.events import EngineEventData
from dagster._core.executor.step_delegating import StepDelegatingExecutor, StepHandlerContext
from dagster_ray.configs import RayExecutionConfig
from dagster_ray.core.executor import RayStepHandler
from ray.job_submission import JobSubmissionClient
from ray.util.state import list_nodes

_PASSED_ON = ("DAGSTER_HOME", "LULC_PROJECT", "LULC_STORE")
"""Variables that a step gets from its run, where they are set. Ray shows the variables of a job to
everyone who sees its dashboard: secrets are in the environment of the nodes."""


class RaySteps(RayStepHandler):
    """Launches each step as a job with the CPUs and GPUs that it takes.

    Args:
        client: of the cluster's job server.
        cpus: of a step. A job that asks for none runs on the head, whatever else is free.
        training_gpus: as many as ``[training] devices``; 0: as the op's tag says.
    """

    def __init__(self, client: JobSubmissionClient, cpus: float, training_gpus: int) -> None:
        passed_on = [name for name in _PASSED_ON if name in os.environ]
        super().__init__(client, passed_on, None, cpus, None, None, None)
        self.training_gpus = training_gpus

    def launch_step(self, step_handler_context: StepHandlerContext) -> Iterator[dg.DagsterEvent]:
        """Submit the step's job; say so when no living node is large enough for it."""
        key = self._get_step_key(step_handler_context)
        self.num_gpus = (self.training_gpus or None) if key == "lulc_model" else None
        yield from super().launch_step(step_handler_context)
        tags = RayExecutionConfig.from_tags({**step_handler_context.step_tags[key]})
        wanted = {"CPU": self.num_cpus, "GPU": self.num_gpus or tags.num_gpus or 0}
        if not any(
            node.state == "ALIVE"
            and all((node.resources_total or {}).get(name, 0) >= n for name, n in wanted.items())
            for node in list_nodes(address=self.client.get_address())
        ):
            asked = ", ".join(f"{n:g} {name}" for name, n in wanted.items() if n)
            yield dg.DagsterEvent.engine_event(
                step_handler_context.get_step_context(key),
                f"No node of the Ray cluster has {asked}: the step waits until one joins. A node "
                "without a GPU that is to take such steps is started with `--num-gpus 1`.",
                EngineEventData(),
            )


def ray_steps(cpus: float, training_gpus: int) -> dg.ExecutorDefinition:
    """The executor; the cluster's address is in RAY_API_SERVER_ADDRESS.

    Args:
        cpus: of a step.
        training_gpus: see :class:`RaySteps`.
    """

    @dg.executor(name="ray", requirements=multiple_process_executor_requirements())
    def ray(_: dg.InitExecutorContext) -> dg.Executor:
        from dagster._core.execution.retries import RetryMode

        return StepDelegatingExecutor(
            RaySteps(JobSubmissionClient(), cpus, training_gpus),
            retries=RetryMode.ENABLED,
            should_verify_step=True,
            check_step_health_interval_seconds=5,
        )

    return ray
