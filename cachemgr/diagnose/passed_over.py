"""Were variables passed over, because another home is looked at than that of whoever set them?"""

from collections.abc import Iterator

from cachemgr.domain.inventory import Finding
from cachemgr.domain.machine import Machine
from cachemgr.domain.terms import Severity


def find(machine: Machine) -> Iterator[Finding]:
    """One finding that names all of them."""
    if machine.passed_over:
        yield Finding("passed-over-variables", Severity.INFO, detail=", ".join(machine.passed_over))
