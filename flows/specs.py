"""Parameters and results of the flows. The Prefect UI shows the parameters as a form."""

from domain.cleanup import OnFailure
from domain.probing.look_at import LookAt
from domain.probing.result import ProbeReport
from domain.reports.tuning import TuningReport
from domain.stack import ModelChoice, RagStack
from tasks.plan import StackPlan
from tasks.stack.promoted_embedder import PromotedEmbedder
from tasks.stack_report import StackReport
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
