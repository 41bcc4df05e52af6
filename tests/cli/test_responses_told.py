"""`cachemgr responses`: what is said is what is so."""

from pathlib import Path

from cachemgr.responses import generate_cache_key
from tests.cli.conftest import Program
from tests.responses.document import DocumentsCache


def test_a_record_of_the_old_form_needs_no_mending(cachemgr: Program, project: Path) -> None:
    root = project / ".questfoundry" / "cache"
    DocumentsCache(root).set(generate_cache_key("openai", "gpt-4o", "why?"), "answer")
    named = cachemgr("responses", "verify", "--repair", "--yes")
    assert (named.code, "mended" in named.out) == (0, True)
    for options in ((), ("--repair", "--yes")):
        said = cachemgr("responses", "verify", *options)
        assert said.code == 0
        assert said.out == (
            "1 entry; 0 findings left\n1 record of the old form, sound: written anew when stored again\n"
        )
