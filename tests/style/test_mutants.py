"""The bugs on purpose can still be put in, and name tests that exist."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/mutants"))

from mutate import mutants, mutated  # noqa: E402

PROMISES = {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize(("name", "mutant"), mutants().items())
def test_a_bug_can_be_put_in(name, mutant):
    sound = (ROOT / mutant["file"]).read_text()
    assert mutated(mutant, ROOT) != sound
    assert mutant.keys() == {"promise", "bug", "file", "old", "new", "tests"}
    for test in mutant["tests"]:
        ring, _, rest = test.partition(".")
        assert list((ROOT / "tests" / ring).glob(f"**/test_{rest}.*")), test


def test_each_promise_is_broken_by_some():
    assert {mutant["promise"] for mutant in mutants().values()} == PROMISES
