"""Parameters and results of the flows. The Prefect UI shows the parameters as a form."""

from domain.cleanup import OnFailure
from domain.embedder_tuning import EmbedderTuning
from domain.plan import StackPlan
from domain.probing.look_at import LookAt
from domain.probing.result import ProbeReport
from domain.reports.stack import StackReport
from domain.reports.tuning import TuningReport
from domain.stack import ModelChoice, RagStack

__all__ = [
    "EmbedderTuning",
    "LookAt",
    "ModelChoice",
    "OnFailure",
    "ProbeReport",
    "RagStack",
    "StackPlan",
    "StackReport",
    "TuningReport",
]
