"""What a scan noticed on Ada's machine, and what she did there before."""

from datetime import timedelta
from pathlib import Path

from cachemgr.domain.inventory import Finding
from cachemgr.domain.run import Run
from cachemgr.domain.terms import Disposal, RunState, Severity
from tests.tui.by_hand import GIB, MIB
from tests.tui.machine_room import NOW, PROJECT, SceneManager, changed


def findings() -> tuple[Finding, ...]:
    legacy = PROJECT / "shared/model-cache"
    return (
        Finding("legacy-location", Severity.WARNING, "model-cache@legacy", legacy, int(9.7 * GIB),
                ("cachemgr", "clear", "model-cache@legacy")),
        Finding("quarantine", Severity.INFO, "tmdb@project", PROJECT / ".cache/tmdb", 317 * MIB,
                ("cachemgr", "purge")),
        Finding("unreadable", Severity.WARNING, "torch-hub@home", Path("/home/ada/.cache/torch/hub"),
                detail="Permission denied: 7 directories"),
        Finding("unusable-root", Severity.ERROR, "mlx@env", Path("~/mlx"), detail="MLX_CACHE_DIR=~/mlx"),
    )  # fmt: skip


def history(manager: SceneManager) -> tuple[Run, ...]:
    """Three runs before today: one that can be undone, one that cannot, one that was interrupted."""
    made = []
    for name, days, entries, disposal, state in (
        (
            "20261118-091200-6c01d2f3",
            2.2,
            ("responses@project:shard-00", "tmdb@project:tmdb"),
            None,
            RunState.FINISHED,
        ),
        (
            "20261102-174000-5b9e0a44",
            17.9,
            ("whisper@home:large-v3.pt", "pip@home:http-v2"),
            Disposal.DELETE,
            RunState.FINISHED,
        ),
        (
            "20261030-110300-5a20c871",
            21.1,
            ("ollama@home:llama3.1:8b", "uv@home:archive-v0", "uv@home:wheels-v5"),
            Disposal.DELETE,
            RunState.INTERRUPTED,
        ),
    ):
        found = manager.found
        plan = manager.plan_clear(found, frozenset(entries), targets=entries, disposal=disposal)
        outcomes = tuple(event.outcome for event in manager.execute(plan) if hasattr(event, "outcome"))
        pending: frozenset[int] = frozenset()
        if state is RunState.INTERRUPTED:
            outcomes, pending = (changed(1),), frozenset((0, 2))
        when = NOW - timedelta(days=days)
        made.append(
            Run(name, plan, when, when + timedelta(seconds=14), outcomes, state=state, pending=pending)
        )
    return tuple(made)
