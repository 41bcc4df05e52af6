"""What is in the way of a migration, said before anything is done; and when its bytes are freed."""

from pathlib import Path

import pytest

from tests.builders import tree
from tests.cli.conftest import Program


@pytest.fixture
def caches(home: Path) -> Path:
    return tree(home, {".cache/torch/hub/checkpoints/a.pth": b"a"})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--to", ""), "it is empty; name a directory"),
        (
            ("--to", "elsewhere", "--link"),
            "torch-hub@home holds what does not move (trusted_list), so that no",
        ),
    ],
)
def test_a_move_that_cannot_be_says_what_is_in_its_way(
    options: tuple[str, ...], said: str, cachemgr: Program, caches: Path, home: Path
) -> None:
    (home / ".cache/torch/hub/trusted_list").write_text("")

    told = cachemgr("migrate", "torch-hub@home", *options, "--dry-run")

    assert told.code in (2, 4)
    assert said in told.err


def test_what_is_kept_for_no_day_is_freed_by_the_next_purge(
    cachemgr: Program, caches: Path, elsewhere: Path
) -> None:
    told = cachemgr(
        "migrate", "torch-hub@home", "--to", str(elsewhere / "hub"), "--keep-source", "0", "--dry-run"
    )

    assert "at the old place at the next purge.\n" in told.out
