"""Requests that cannot be honoured, and the exit code each ends with.

    CacheMgrError          2   str(error) is one sentence, fit to show
    ├── Damaged            1   what was asked about is there and is not what was written
    ├── UsageError         2   the command line or the configuration
    │   ├── ConfigError        names file, line where known, key and the way out
    │   └── QueryError         a `--where` or `--sort` that cannot be read
    ├── UnknownTarget      3   a named target matched nothing
    ├── Refused            4   a safety rule; no flag but a named one overrides it
    ├── Busy               5   another cachemgr is writing, or every item is in use
    ├── NeedsConfirmation  7   a question and nobody to answer it
    ├── Unavailable        8   a root that cannot be reached
    ├── NotExecutable    126   `run`: the program is there and cannot be run (as shells do)
    ├── CommandNotFound  127   `run`: there is no such program (as shells do)
    └── Interrupted      130   the journal says where

Trouble with one item among many is never raised: it is a `Finding`, an `Exclusion` or an `Outcome`.
"""

from typing import ClassVar


class CacheMgrError(Exception):
    """A request that cannot be honoured. Text that came from files is already displayable in it."""

    exit_code: ClassVar[int] = 2
    kind: ClassVar[str] = "error"


class Damaged(CacheMgrError):
    exit_code = 1
    kind = "damaged"


class UsageError(CacheMgrError):
    exit_code = 2
    kind = "usage"


class ConfigError(UsageError):
    kind = "configuration"


class QueryError(UsageError):
    kind = "query"


class UnknownTarget(CacheMgrError):
    exit_code = 3
    kind = "unknown-target"


class Refused(CacheMgrError):
    exit_code = 4
    kind = "refused"


class Busy(CacheMgrError):
    exit_code = 5
    kind = "busy"


class NeedsConfirmation(CacheMgrError):
    exit_code = 7
    kind = "needs-confirmation"


class Unavailable(CacheMgrError):
    exit_code = 8
    kind = "unavailable"


class NotExecutable(CacheMgrError):
    exit_code = 126
    kind = "not-executable"


class CommandNotFound(CacheMgrError):
    exit_code = 127
    kind = "command-not-found"


class Interrupted(CacheMgrError):
    exit_code = 130
    kind = "interrupted"
