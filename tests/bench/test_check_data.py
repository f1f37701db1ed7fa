"""The bench of the check measures sound data, and its faulty data is faulty."""

from pathlib import Path

from bench import check_data
from domain.training_data.check import Check
from domain.training_data.spec import TrainingDataSpec
from tasks.run import sources


def test_the_data_is_what_it_is_called(tmp_path: Path) -> None:
    """No fault in the sound file, not even two equal rows; one row in ten without a text in the other."""
    sound, faulty = tmp_path / "sound.jsonl", tmp_path / "faulty.jsonl"
    check_data.write_pairs(sound, 500)
    check_data.write_pairs(faulty, 500, faulty_every=10)
    found = Check(TrainingDataSpec(sources=(str(sound),)), tmp_path, sources).run()
    assert (found.training[0].rows, found.totals) == (500, {})
    assert Check(TrainingDataSpec(sources=(str(faulty),)), tmp_path, sources).run().totals == {"empty_text": 50}


def test_each_way_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    """And tells its seconds and its peak memory."""
    path = tmp_path / "pairs.jsonl"
    check_data.write_pairs(path, 100)
    found = check_data.in_processes([(way, path) for way in check_data.WAYS], rounds=1)
    assert len(found) == len(check_data.WAYS)
    assert all(seconds > 0 and peak > 1 << 20 for seconds, peak in found)
