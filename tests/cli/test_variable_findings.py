"""What the findings about variables look like from outside, in status and in its document."""

import json
import sys
from pathlib import Path

from tests.builders import tree
from tests.cli.conftest import Program
from tests.cli.test_schemas import valid


def test_status_says_what_leads_a_tool_elsewhere_and_the_command_that_mends_it(
    process: Program, home: Path, project: Path, tmp_path: Path
) -> None:
    tree(project, {"cachemgr.toml": '[roots]\ntorch_home = ".cache/torch"\n'})
    tree(home, {".bashrc": "export TORCH_HOME=/old\n"})
    old = tree(tmp_path / "old", {"hub": {"checkpoints": {"m.pth": b"x" * 9000}}})
    env = {"TORCH_HOME": str(old), "MLX_CACHE_DIR": "/x"}

    document = valid(process("status", "--json", env=env).out, "status")
    table = process("status", env=env).out

    found = {finding["code"]: finding for finding in document["findings"]}
    assert set(found) == {"variable-elsewhere", "profile-elsewhere", "unread-variable"}
    assert found["variable-elsewhere"]["path"] == str(old / "hub")
    assert found["variable-elsewhere"]["size_bytes"] > 9000
    assert found["profile-elsewhere"]["path"] == str(home / ".bashrc")
    for finding in found.values():
        assert finding["message"] in table
    fix = found["profile-elsewhere"]["fix"]
    assert process(*fix[1:]).out == f"export TORCH_HOME='{project / '.cache' / 'torch'}'\n"


def test_what_run_starts_has_none_of_these_findings(process: Program, project: Path) -> None:
    tree(project, {"cachemgr.toml": '[roots]\nhf_home = ".cache/hf"\n'})
    env = {"HF_HOME": "/old", "TRANSFORMERS_CACHE": "/old"}

    outside = json.loads(process("status", "--json", env=env).out)["findings"]
    inside = process("run", "--", sys.executable, "-m", "cachemgr", "status", "--json", env=env).out

    assert {finding["code"] for finding in outside} == {"variable-elsewhere", "second-copy"}
    assert json.loads(inside)["findings"] == []
