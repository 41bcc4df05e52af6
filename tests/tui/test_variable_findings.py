"""A finding about a variable is a row with its sentence, and a panel with the command that mends it."""

from dataclasses import replace
from pathlib import Path

from cachemgr.domain.inventory import Finding
from cachemgr.domain.terms import Severity
from cachemgr.tui.app import CacheApp
from tests.tui.ada import inventory
from tests.tui.machine_room import PROJECT, service
from tests.tui.picture import text
from tests.tui.scenes import press, settle


async def test_a_tool_that_would_write_elsewhere_is_listed_with_its_command() -> None:
    astray = Finding(
        "variable-elsewhere",
        Severity.WARNING,
        "torch-hub@home",
        Path("/old/hub"),
        4096,
        ("cachemgr", "env"),
        detail="0",
        setting="TORCH_HOME",
        type="torch-hub",
        wanted=PROJECT / ".cache/torch/hub",
    )
    app = CacheApp(service(replace(inventory(), findings=(astray,))))

    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "3")

        assert "TORCH_HOME puts torch-hub in /old/hub rather than .cache/torch/hub" in text(app)
        assert "cachemgr env" in text(app)
