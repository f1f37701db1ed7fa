"""Parameters and results of the flows. The Prefect UI shows the parameters as a form."""

from domain.probing.result import ProbeReport
from domain.stack import ModelChoice, RagStack
from tasks.failure import OnFailure
from tasks.plan import StackPlan
from tasks.probe_looks import LookAt
from tasks.promoted_embedder import PromotedEmbedder
from tasks.stack_report import StackReport
from tasks.tuning_report import TuningReport
from tasks.tuning_spec import EmbedderTuning

__all__ = [
    "EmbedderTuning",
    "LookAt",
    "ModelChoice",
    "OnFailure",
    "ProbeReport",
    "PromotedEmbedder",
    "RagStack",
    "StackPlan",
    "StackReport",
    "TuningReport",
]
