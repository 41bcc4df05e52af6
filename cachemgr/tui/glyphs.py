"""The signs that are drawn by hand, and what stands for them where a terminal has only ASCII."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One cell each, unless the field says otherwise. Never an emoji: those are two cells in some fonts."""

    ascii: bool = False
    cursor: str = "▌"
    cursor_far: str = "▏"
    """The cursor of a list that does not have the focus."""
    mark: str = "✔"
    part: str = "~"
    """Some of what is below the row is marked."""
    closed: str = "▸"
    open: str = "▾"
    leaf: str = "•"
    keep: str = "━"
    frees: str = "═"
    track: str = "╌"
    stripe: str = "▚"
    ellipsis: str = "…"
    dot: str = "·"
    arrow: str = "→"
    back: str = "←"
    down: str = "↓"
    again: str = "⟳"
    undo: str = "↶"
    skip: str = "↷"
    cross: str = "✕"
    warn: str = "▲"
    about: str = "≈"
    none: str = "—"
    square: str = "■"
    hollow: str = "□"
    crumb: str = "›"
    under: str = "↳"
    enter: str = "⏎"
    wall: str = "▕"
    floor: str = "▁"
    rule: str = "─"
    up: str = "↑"


UNICODE = Glyphs()
ASCII = Glyphs(
    ascii=True,
    cursor=">",
    cursor_far=" ",
    mark="x",
    closed="+",
    open="-",
    leaf=".",
    keep="=",
    frees="#",
    track="-",
    stripe="%",
    ellipsis="~",
    dot="-",
    arrow="->",
    back="<-",
    down="v",
    again="@",
    undo="<",
    skip=">",
    cross="X",
    warn="!",
    about="~",
    none="-",
    square="#",
    hollow=".",
    crumb=">",
    under=" ",
    enter="enter",
    wall="|",
    floor="_",
    rule="-",
    up="^",
)
