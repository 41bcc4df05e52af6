"""`cachemgr.tiktoken-verify/1`, `-warm/1` and `-bundle/1`: encodings found, and a directory filled."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath

from cachemgr.domain.encoding import VARIABLE, EncodingFile
from cachemgr.domain.encoding_cache import EncodingCache, FileState, FoundFile, summed
from cachemgr.domain.encoding_plan import EncodingAction, EncodingOutcome, EncodingPlan, EncodingStep
from cachemgr.domain.terms import CacheState, Status
from cachemgr.present.document.values import Document, exact, head, origin, path_fields, problem
from cachemgr.present.encodings import encoding_trouble


def encodings_document(caches: Sequence[EncodingCache], project: PurePath | None, now: datetime) -> Document:
    files = [file for cache in caches for file in cache.files]
    return {
        **head("cachemgr.tiktoken-verify/1", now),
        "caches": [_cache(cache, project) for cache in caches],
        "totals": {
            "files": len(files),
            "size_bytes": sum(file.size for file in files),
            **{state.value: number for state, number in summed(files).items()},
        },
    }


def filling_document(
    verb: str, plan: EncodingPlan, outcomes: Sequence[EncodingOutcome] | None, now: datetime
) -> Document:
    """`verb` is `warm` or `bundle`; without outcomes it was a dry run."""
    ends = [EncodingOutcome(step, Status.SKIPPED) for step in plan.steps] if outcomes is None else outcomes
    there = [
        one.step.file
        for one in ends
        if one.status is Status.DONE or (outcomes is None and one.step.action is EncodingAction.KEEP)
    ]
    return {
        **head(f"cachemgr.tiktoken-{verb}/1", now),
        "dry_run": outcomes is None,
        **path_fields(plan.directory.path),
        "variable": VARIABLE,
        "files": [_step(one, planned=outcomes is None) for one in ends],
        "passed_over": [
            {**path_fields(cache.path / found.file), "name": found.known.name if found.known else None}
            for cache, found in plan.passed_over
        ],
        "totals": {
            "there": len(there),
            "size_bytes": sum(file.size for file in there),
            "missing": len(ends) - len(there),
        },
    }


def state_of(cache: EncodingCache) -> CacheState:
    """As `status` says it of a root."""
    codes = {problem.code for problem in cache.problems}
    if codes == {"unreadable"}:
        return CacheState.PARTIAL
    if "unavailable" in codes:
        return CacheState.UNAVAILABLE
    if cache.real_path is None:
        return CacheState.UNUSABLE if codes else CacheState.MISSING
    return CacheState.OK


def _cache(cache: EncodingCache, project: PurePath | None) -> Document:
    return {
        "place": cache.place.value,
        "origin": origin(cache.origin, project),
        **path_fields(cache.path),
        **path_fields(cache.real_path, "real_path"),
        "state": state_of(cache).value,
        "current": cache.current,
        "problems": [problem(value) for value in cache.problems],
        "files": [_found(file) for file in cache.files],
    }


def _found(file: FoundFile) -> Document:
    known = file.known if file.state is not FileState.UNKNOWN else None
    return {
        **path_fields(PurePath(file.file), "file"),
        **_known(known),
        "state": file.state.value,
        "size_bytes": file.size,
        "sha256": file.sha256,
    }


def _known(file: EncodingFile | None) -> Document:
    return {
        "name": file.name if file else None,
        "encodings": list(file.encodings) if file else [],
        "published": {"url": file.url, "size_bytes": file.size, "sha256": file.sha256} if file else None,
    }


def _step(outcome: EncodingOutcome, *, planned: bool) -> Document:
    step: EncodingStep = outcome.step
    trouble = outcome.trouble or step.trouble
    return {
        "file": step.file.file,
        **_known(step.file),
        "action": step.action.value,
        "status": "planned" if planned else outcome.status.value,
        **path_fields(step.source / step.source_file if step.source else None, "source"),
        "replaces": step.replaces is not None,
        "set_aside": outcome.set_aside or None,
        "error": trouble
        and {
            "kind": trouble.kind,
            "errno": trouble.errno,
            "message": encoding_trouble(trouble),
            "detail": exact(trouble.detail),
        },
    }
