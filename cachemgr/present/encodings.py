"""tiktoken's encodings in words: what was found of each file, and why one could not be had."""

import os

from cachemgr.domain.display import display_name
from cachemgr.domain.encoding_cache import FileState, FoundFile
from cachemgr.domain.encoding_plan import EncodingAction, EncodingOutcome, EncodingStep
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.terms import Status
from cachemgr.present.figures import count, counted

_TROUBLES = {
    "conflict": "something else is there under its name",
    "corrupt": "it was found, and is corrupt",
    "unreadable": "it was found, and cannot be read",
    "unknown": "what is there under its name is a link or a directory",
    "missing": "it was not found",
    "changed": "it changed while it was being looked at",
    "foreign-owner": "the wrong file in its place belongs to another user",
    "hash-mismatch": "what came is not what was published (its SHA-256 differs)",
    "no-network": "there is no network, or no way to the server",
    "broken-off": "the download broke off",
    "tls": "the server's certificate was not accepted",
    "http": "the server answered with an error",
    "timed-out": "the download took too long",
    "no-module": "tiktoken lacks a module",
    "tiktoken": "tiktoken could not load it",
    "stopped": "it was stopped before that",
    "os": "the system refused",
}
_WAYS_OUT = {
    "conflict": "Look at what is there, move it away, and run this again.",
    "corrupt": "Fetch it again: {fetch}",
    "missing": "Fetch it first: {fetch}",
    "no-network": "Run this again where there is a network (HTTPS_PROXY names a proxy), or fill from a "
    "directory that has the files: --from DIR",
    "tls": "If a proxy signs the traffic anew, name its certificate in REQUESTS_CA_BUNDLE; or fill from a "
    "directory that has the files: --from DIR",
    "hash-mismatch": "Something on the way alters downloads, or the file is a new one; nothing was kept.",
}
"""What a person can do, by kind of trouble; said once however many files had it."""
_STATES = {
    FileState.OK: "ok",
    FileState.CORRUPT: "corrupt",
    FileState.INCOMPLETE: "unfinished or set aside",
    FileState.UNREADABLE: "cannot be read",
    FileState.UNKNOWN: "not one of tiktoken's",
}


def encoding_trouble(trouble: Trouble) -> str:
    """Why a file was not had."""
    extra = [display_name(trouble.detail)] if trouble.detail else []
    if trouble.errno is not None:
        extra.append(os.strerror(trouble.errno))
    text = _TROUBLES.get(trouble.kind, trouble.kind)
    return f"{text} ({'; '.join(extra)})" if extra else text


def way_out(trouble: Trouble, fetch: str) -> str:
    """What can be done about it; empty where nothing is known. `fetch` is the command that downloads the
    files which had it."""
    return _WAYS_OUT.get(trouble.kind, "").format(fetch=fetch)


def file_title(file: FoundFile) -> str:
    """The encodings that a file holds; its own name where it is none."""
    if file.known is None:
        return display_name(file.file)
    return " ".join((file.known.name, *file.known.encodings[1:]))


def check_words(file: FoundFile) -> str:
    """What became of a file, and how it is wrong."""
    known, text = file.known, _STATES[file.state]
    if file.state is not FileState.CORRUPT or known is None:
        return text
    if file.size != known.size:
        return f"{text}: {count(file.size)} of {counted(known.size, 'byte')}"
    return f"{text}: SHA-256 {(file.sha256 or '?')[:8]}…, not {known.sha256[:8]}…"


def step_words(step: EncodingStep) -> str:
    """What is going to happen to a file."""
    match step.action:
        case EncodingAction.KEEP:
            return "there already"
        case EncodingAction.COPY:
            text = f"copy from {display_name(step.source or '')}"
        case EncodingAction.DOWNLOAD:
            text = "download"
        case EncodingAction.NONE:
            return encoding_trouble(step.trouble) if step.trouble else "nothing"
    return f"{text}, the wrong one set aside" if step.replaces is not None else text


def outcome_words(outcome: EncodingOutcome) -> str:
    """What happened to a file."""
    if outcome.trouble is not None:
        return encoding_trouble(outcome.trouble)
    if outcome.status is not Status.DONE:
        return outcome.status.value
    words = {EncodingAction.COPY: "copied", EncodingAction.DOWNLOAD: "downloaded"}
    text = words.get(outcome.step.action, "there already")
    return f"{text}; the wrong one is now {outcome.set_aside}" if outcome.set_aside else text
