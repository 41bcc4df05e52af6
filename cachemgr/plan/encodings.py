"""Which file of an encoding comes from where, and which cannot be had. Pure."""

from collections.abc import Sequence

from cachemgr.domain.encoding import EncodingFile
from cachemgr.domain.encoding_cache import EncodingCache, FileState, FoundFile
from cachemgr.domain.encoding_plan import EncodingAction, EncodingPlan, EncodingStep
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Identity


def warm(
    files: Sequence[EncodingFile], directory: EncodingCache, source: EncodingCache | None = None
) -> EncodingPlan:
    """Give a directory those files: from another directory, else by tiktoken's own download. A file under
    the right name with wrong content gives way."""
    return EncodingPlan(directory, tuple(_warm(file, directory, source) for file in files))


def bundle(
    files: Sequence[EncodingFile], directory: EncodingCache, sources: Sequence[EncodingCache]
) -> EncodingPlan:
    """Copy those files, from wherever each is right. Nothing that is there gives way, and a wrong file that
    is there counts as asked for, for the bundle would be shipped with it."""
    wrong = [
        file.known
        for file in directory.files
        if file.known is not None and file.file == file.known.file and file.state is not FileState.OK
    ]
    wanted = (*files, *(file for file in dict.fromkeys(wrong) if file not in files))
    steps = tuple(_bundle(file, directory, sources) for file in wanted)
    had = {step.file for step in steps if step.trouble is None}
    passed = tuple(
        (source, found)
        for source in sources
        for found in source.files
        if found.state is FileState.CORRUPT and found.known in had
    )
    return EncodingPlan(directory, steps, passed)


def _warm(file: EncodingFile, directory: EncodingCache, source: EncodingCache | None) -> EncodingStep:
    there = directory.under(file.file)
    if there is not None and there.state is FileState.OK:
        return EncodingStep(file, EncodingAction.KEEP)
    if there is not None and there.state is not FileState.CORRUPT:
        return _none(file, "conflict", there.file)
    replaces = there.identity if there is not None else None
    if source is None:
        return EncodingStep(file, EncodingAction.DOWNLOAD, replaces=replaces)
    return _copied(file, (source,), replaces)


def _bundle(file: EncodingFile, directory: EncodingCache, sources: Sequence[EncodingCache]) -> EncodingStep:
    there = directory.under(file.file)
    if there is None:
        return _copied(file, sources, None)
    if there.state is FileState.OK:
        return EncodingStep(file, EncodingAction.KEEP)
    return _none(file, "conflict", there.file)


def _copied(file: EncodingFile, sources: Sequence[EncodingCache], replaces: Identity | None) -> EncodingStep:
    met: list[tuple[EncodingCache, FoundFile]] = []
    for source in sources:
        found = source.best(file)
        if found is None or source.real_path is None:
            continue
        if found.state is FileState.OK:
            return EncodingStep(file, EncodingAction.COPY, source.real_path, found.file, replaces)
        met.append((source, found))
    for source, found in met:
        return _none(file, found.state.value, str(source.path / found.file))
    return _none(file, "missing", "")


def _none(file: EncodingFile, kind: str, detail: str) -> EncodingStep:
    return EncodingStep(file, EncodingAction.NONE, trouble=Trouble(kind, detail))
