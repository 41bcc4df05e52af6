"""The language of both faces: what a plan promises, what a run did, and every smaller word re-exported."""

from cachemgr.domain.display import display_name
from cachemgr.present.figures import UNKNOWN, age, count, counted, day, minute, size
from cachemgr.present.names import cells, error_sentence, middle, pasteable, short_path
from cachemgr.present.sentences import (
    exclusion_sentence,
    finding_sentence,
    passed_over_sentence,
    problem_sentence,
    trouble_sentence,
)
from cachemgr.present.words import (
    Tier,
    category_title,
    glyph,
    place_word,
    rebuild_word,
    run_state_word,
    severity_glyph,
    state_word,
    step_state_word,
    tier,
    tier_word,
    verb,
    where_word,
)

__all__ = [
    "UNKNOWN",
    "Tier",
    "age",
    "category_title",
    "cells",
    "count",
    "counted",
    "day",
    "display_name",
    "error_sentence",
    "exclusion_sentence",
    "finding_sentence",
    "glyph",
    "middle",
    "minute",
    "passed_over_sentence",
    "pasteable",
    "place_word",
    "problem_sentence",
    "rebuild_word",
    "run_state_word",
    "severity_glyph",
    "short_path",
    "size",
    "state_word",
    "step_state_word",
    "tier",
    "tier_word",
    "trouble_sentence",
    "verb",
    "where_word",
]
