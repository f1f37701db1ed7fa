"""Results of trainings, kept for reuse: the same data, parameters and seed give the same model."""

import shutil
from hashlib import sha256
from pathlib import Path

from sandbox.engines.tuning_job import ADAPTER, EVENTS, JOB, PROGRESS, RESULT, TrainingJob

PARTS = (ADAPTER, EVENTS, PROGRESS, RESULT)
"""What a training leaves; the result is written last."""


class TrainingCache:
    """A folder of finished trainings. It outlives a reset, as the keys do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, job_folder: Path) -> bool:
        """Copy the result of an equal training into the folder of this job; return whether there was one."""
        kept = self._folder / _key(job_folder)
        if not kept.exists():
            return False
        shutil.copytree(kept, job_folder, dirs_exist_ok=True)
        return True

    def keep(self, job_folder: Path) -> None:
        """Keep the result of this job, which has succeeded."""
        kept, draft = self._folder / _key(job_folder), self._folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        for part in filter(Path.exists, (job_folder / name for name in PARTS)):
            if part.is_dir():
                shutil.copytree(part, draft / part.name)
            else:
                shutil.copy2(part, draft)
        draft.rename(kept)


def _key(job_folder: Path) -> str:
    job = TrainingJob.model_validate_json((job_folder / JOB).read_bytes())
    digest = sha256(f"{job.kind} {job.parameters.model_dump_json()}".encode())
    for path, weight in [*((each.path, each.weight) for each in job.train), (job.validation, 0.0)]:
        content = sha256(path.read_bytes()).hexdigest() if path else ""
        digest.update(f" {content} {weight}".encode())
    return digest.hexdigest()
