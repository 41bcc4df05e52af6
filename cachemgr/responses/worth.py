"""Whether an answer is worth keeping: not an error, not nothing, not cut off."""

from collections.abc import Mapping

from cachemgr.responses.entry import JSONValue

_CUT_OFF = frozenset((
    *("length", "max_tokens", "content_filter", "model_length", "content_filtered", "guardrail_intervened"),
    *("MAX_TOKENS", "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"),
))  # fmt: skip
"""Why a model stopped, in the words of OpenAI, Anthropic, Mistral, Bedrock and Gemini, where the answer is
not whole."""
_REASONS = ("finish_reason", "stop_reason", "finishReason", "stopReason", "done_reason")


def worth_keeping(value: JSONValue) -> bool:
    """The default of `should_cache`: everything but None, `""`, `[]` and `{}`, an object with an `error`, and
    answers in the words of OpenAI, Anthropic, Mistral, Bedrock, Gemini or Ollama that were cut off, filtered
    or are not finished."""
    if value is None or (isinstance(value, str | list | dict) and not value):
        return False
    if not isinstance(value, Mapping):
        return True
    if value.get("error"):
        return False
    if value.get("object") == "response" and value.get("status", "completed") != "completed":
        return False  # of OpenAI's Responses: queued, in progress, incomplete, failed
    parts = [value, *_objects(value.get("choices")), *_objects(value.get("candidates"))]
    reasons = (part.get(name) for part in parts for name in _REASONS)
    return not any(isinstance(reason, str) and reason in _CUT_OFF for reason in reasons)


def _objects(value: JSONValue) -> list[dict[str, JSONValue]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
