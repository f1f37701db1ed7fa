"""What survives a restart."""

import threading
from pathlib import Path

from pydantic import BaseModel

from sandbox.settings import SettingsStore
from sandbox.state import State


class Note(BaseModel):
    """A document."""

    text: str


def test_documents_survive_in_their_order(tmp_path: Path) -> None:
    """What was put is there after the file is opened again, in the order of the first put."""
    state = State(tmp_path / "state")
    notes = state.collection("note", Note)
    for key in ("b", "a", "c"):
        notes.put(key, Note(text=key))
    notes.put("b", Note(text="changed"))
    notes.delete("c")
    state.close()
    reopened = State(tmp_path / "state").collection("note", Note)
    assert [note.text for note in reopened.all()] == ["changed", "a"]
    assert reopened.get("c") is None


def test_kinds_do_not_mix(tmp_path: Path) -> None:
    """The same id in two kinds is two documents."""
    state = State(tmp_path / "state")
    state.collection("one", Note).put("id", Note(text="1"))
    assert state.collection("two", Note).get("id") is None
    state.close()


def test_a_lock_spans_a_read_and_its_write(tmp_path: Path) -> None:
    """Counting up from many threads loses nothing."""
    state = State(tmp_path / "state")
    notes = state.collection("note", Note)
    notes.put("n", Note(text="0"))

    def count() -> None:
        for _ in range(25):
            with state.locked():
                note = notes.get("n")
                assert note is not None
                notes.put("n", Note(text=str(int(note.text) + 1)))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert notes.get("n") == Note(text="100")
    state.close()


def test_settings_survive_and_a_bad_patch_changes_nothing(tmp_path: Path) -> None:
    """A patch is kept; one with a mistake is refused whole."""
    state = State(tmp_path / "state")
    store = SettingsStore(state)
    store.patch({"token_lifetime_s": 5, "run_spans_by": {"llm": {"pulling": {"seconds": 30}}}})
    for bad in ({"token_lifetime_s": 0}, {"unknown": 1}, {"run_spans": {"pulling": {"reads": -1}}}):
        try:
            store.patch({"wake_s": 9, **bad})
        except ValueError:
            continue
        raise AssertionError(bad)
    state.close()
    again = SettingsStore(State(tmp_path / "state")).current
    assert (again.token_lifetime_s, again.wake_s) == (5, 0.0)
    assert again.run_spans_by["llm"].pulling.seconds == 30
