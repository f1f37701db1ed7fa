"""Tests. Imported before any of them, and so before Prefect: the user's Prefect settings and home stay out of them."""

import atexit
import os
import shutil
import tempfile

for _name in [name for name in os.environ if name.startswith("PREFECT_")]:
    del os.environ[_name]
_home = tempfile.mkdtemp(prefix="prefect-home-")
os.environ["PREFECT_HOME"] = _home
os.environ["DO_NOT_TRACK"] = "1"
atexit.register(shutil.rmtree, _home, ignore_errors=True)
