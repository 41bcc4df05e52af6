"""Every command, once: bindings, key bar, palette, help and what is enabled come from this table."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding, BindingType

from cachemgr.tui.widgets.key_bar import Hint


class Where(StrEnum):
    """The screens a command can belong to."""

    APP = "app"
    OVERVIEW = "overview"
    EXPLORE = "explore"
    FINDINGS = "findings"
    HISTORY = "history"
    DESTINATION = "destination"
    EXPIRE = "expire"
    PLAN = "plan"
    RUN = "run"
    RESULT = "result"
    HELP = "help"


class Fact(StrEnum):
    """What has to hold here and now for a command to do something."""

    ROW = "row"
    """There is a row under the cursor."""
    ENTRIES = "entries"
    """Something under the cursor, or marked, can be cleared."""
    MARKS = "marks"
    MENDABLE = "mendable"
    """There is a command that mends the finding under the cursor."""
    UNUSED = "unused"
    """The scan met entries that nothing names any more, or that are past their time."""
    EDITABLE = "editable"
    """The plan on the screen can be changed there."""
    CLEAR = "clear"
    """It clears, so that it can be said what becomes of what is cleared."""
    MOVABLE = "movable"
    """Something under the cursor, or marked, can be moved."""
    SCANNED = "scanned"
    """The scan is done, so that rules have something to go by."""
    CHOSEN = "chosen"
    """The rules could be about everything, or about less."""
    OPEN = "open"
    """There is a plan for the destination under the cursor, or for these rules."""
    TYPING = "typing"
    """A directory may be typed."""
    USED = "used"
    """Something stays because somebody uses it, or would if that were not overridden."""
    STEPS = "steps"
    WRITABLE = "writable"
    IDLE = "idle"
    """Nothing is being executed."""
    BUSY = "busy"
    UNDOABLE = "undoable"
    HELD = "held"
    """The run under the cursor still holds something in its quarantine."""
    FINISHABLE = "finishable"
    """The run under the cursor was interrupted."""
    REVERSIBLE = "reversible"
    """The same, and nothing of it is gone for good."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can ask for. Its action is the method `action_<name>`."""

    name: str
    keys: str
    """Separated by commas; the first one is shown."""
    title: str
    """As in the key bar. It ends in … where a question or a plan comes first."""
    help: str
    where: tuple[Where, ...]
    weight: int = 5
    """1 is in the key bar whatever its width; 9 never is."""
    needs: tuple[Fact, ...] = ()
    argument: str = ""
    short: str = ""
    """The title where there is little room."""

    @property
    def action(self) -> str:
        call = f"{self.name}({self.argument!r})" if self.argument else self.name
        return f"app.{call}" if Where.APP in self.where else call

    @property
    def id(self) -> str:
        return f"{self.name}-{self.argument}" if self.argument else self.name

    def shown_keys(self, *, ascii_glyphs: bool = False) -> list[str]:
        """The keys as a person knows them."""
        shown = _SHOWN_ASCII if ascii_glyphs else _SHOWN
        return [shown.get(key, key) for key in self.keys.split(",")]

    def shown_title(self, *, ascii_glyphs: bool = False) -> str:
        return self.title.replace("…", "...") if ascii_glyphs else self.title


LISTS = (Where.OVERVIEW, Where.EXPLORE)
VIEWS = (*LISTS, Where.FINDINGS, Where.HISTORY)
_SHOWN_ASCII = {"escape": "esc", "question_mark": "?", "slash": "/", "ctrl+p": "^p", "delete": "del"}
_SHOWN = _SHOWN_ASCII | {"enter": "⏎", "right": "→", "left": "←"}
_APP = (Where.APP,)

COMMANDS = (
    Command("view", "1", "Overview", "Disk, caches and findings", _APP, 9, (Fact.IDLE,), "overview"),
    Command("view", "2", "Explore", "Entries of a cache as a tree", _APP, 9, (Fact.IDLE,), "explore"),
    Command("view", "3", "Findings", "What the scan noticed", _APP, 9, (Fact.IDLE,), "findings"),
    Command("view", "4", "History", "What was done, and undo", _APP, 9, (Fact.IDLE,), "history"),
    Command("execute", "x", "Execute…", "Carry the plan out; asks first when something cannot be undone",
            (Where.PLAN,), 1, (Fact.STEPS, Fact.WRITABLE)),
    Command("stop", "escape", "Stop after this step",
            "Finished steps stay finished, the rest stays untouched", (Where.RUN,), 1, (Fact.BUSY,)),
    Command("expand", "right,l", "Expand", "Open the row, or go into it", (Where.EXPLORE,), 6, (Fact.ROW,)),
    Command("collapse", "left,h,backspace", "Up", "Close the row, or go up", (Where.EXPLORE,), 6),
    Command("mark", "space", "Mark", "Mark the row and go on to the next", LISTS, 3, (Fact.ROW,)),
    Command("open", "enter", "Open", "Look inside the row", (*LISTS, Where.FINDINGS), 3, (Fact.ROW,)),
    Command("clean", "d,delete", "Clean…", "Plan to clear what is marked, or the row under the cursor",
            (*LISTS, Where.FINDINGS), 2, (Fact.ENTRIES,)),
    Command("mend", "f", "Mend…", "Plan what mends the finding, or go where that is decided",
            (Where.FINDINGS,), 2, (Fact.MENDABLE,)),
    Command("mark_unused", "a", "Mark unused", "Mark every entry that nothing names, or whose time is over",
            LISTS, 7, (Fact.UNUSED,)),
    Command("drop", "space", "Drop", "Leave the entry out of the plan", (Where.PLAN,), 3,
            (Fact.EDITABLE, Fact.STEPS)),
    Command("disposal", "t", "Undoable/now",
            "Quarantine all of it, delete it now, move it to the trash, or as by default",
            (Where.PLAN,), 3, (Fact.CLEAR,), short="Mode"),
    Command("force", "f", "In use too", "Take what running processes use as well; a tool's lock still counts",
            (Where.PLAN,), 4, (Fact.EDITABLE, Fact.USED)),
    Command("migrate", "m", "Move…", "Choose where to move what is marked, or the row under the cursor",
            (*LISTS, Where.FINDINGS), 4, (Fact.MOVABLE,)),
    Command("expire", "e", "Expire…", "Rules that say what may go, and what they would take",
            LISTS, 4, (Fact.SCANNED, Fact.ENTRIES)),
    Command("plan", "p", "Plan…", "Plan to remove what these rules take", (Where.EXPIRE,), 1, (Fact.OPEN,)),
    Command("change", "enter,space", "Change", "Type the rule under the cursor, or turn it on or off",
            (Where.EXPIRE,), 2, (Fact.EDITABLE,)),
    Command("clear_rule", "delete,backspace", "No rule", "Take the rule under the cursor away",
            (Where.EXPIRE,), 6, (Fact.EDITABLE,)),
    Command("widen", "a", "All/chosen", "Ask about everything, or only about what was chosen",
            (Where.EXPIRE,), 5, (Fact.CHOSEN,)),
    Command("pane_back", "shift+tab", "List before", "Go between them the other way", (Where.EXPIRE,), 9),
    Command("pane", "tab", "Next list", "Go between rules, entries and saved policies", (Where.EXPIRE,), 3),
    Command("plan", "enter", "Plan…", "Plan to move it to the destination under the cursor, or typed",
            (Where.DESTINATION,), 1, (Fact.OPEN,)),
    Command("type", "tab,slash", "Other place", "Type a directory; it is looked at while you type",
            (Where.DESTINATION,), 2, (Fact.TYPING,)),
    Command("kept", "tab", "Kept", "Go between what goes and what stays", (Where.PLAN,), 4),
    Command("filter", "slash", "Filter", "Show only what contains a text", LISTS, 5),
    Command("sort", "s", "Sort", "Next order: size, frees, last used, files, name", LISTS, 6),
    Command("info", "i", "Info", "Everything known about it",
            (*VIEWS, Where.RESULT, Where.DESTINATION, Where.EXPIRE), 6, (Fact.ROW,)),
    Command("info", "i", "Info", "All that the plan would do", (Where.PLAN,), 9, (Fact.ROW,)),
    Command("undo", "u", "Undo…", "Plan the reverse of the last run, or of the run under the cursor",
            (Where.OVERVIEW, Where.HISTORY, Where.RESULT), 5, (Fact.UNDOABLE,)),
    Command("purge", "P", "Purge…", "Plan to empty the quarantine of the run, which frees its bytes",
            (Where.HISTORY,), 5, (Fact.HELD,)),
    Command("finish", "F", "Finish…", "Plan what the interrupted run did not come to",
            (Where.HISTORY,), 4, (Fact.FINISHABLE,)),
    Command("roll_back", "R", "Roll back…", "Plan to bring back what the interrupted run moved",
            (Where.HISTORY,), 4, (Fact.REVERSIBLE,)),
    Command("copy", "c", "Command", "The command line that does the same",
            (*LISTS, Where.HISTORY, Where.PLAN, Where.DESTINATION, Where.EXPIRE), 7, (Fact.ROW,)),
    Command("copy", "c", "Command", "The command line that mends it", (Where.FINDINGS,), 7, (Fact.MENDABLE,)),
    Command("rescan", "r", "Rescan", "Look at the disk again", (*VIEWS, Where.RESULT), 7),
    Command("close", "enter,escape", "Overview", "Back to the overview", (Where.RESULT,), 2),
    Command("help", "question_mark,f1", "Help", "Keys and signs of this screen", _APP, 1),
    Command("command_palette", "ctrl+p", "Palette", "Every command by its name", _APP, 9),
    Command("back", "escape", "Back, nothing changed", "Leave the plan", (Where.PLAN,), 1, short="Back"),
    Command("back", "escape", "Back, nothing changed", "Leave everything where it is",
            (Where.DESTINATION, Where.EXPIRE), 1, short="Back"),
    Command("back", "escape", "Back", "Clear the filter, then the marks, then go back",
            (Where.EXPLORE, Where.FINDINGS, Where.HISTORY), 2),
    Command("back", "escape", "Clear marks", "Clear the filter, then the marks", (Where.OVERVIEW,), 9),
    Command("back", "escape,enter,question_mark", "Close", "Close the help", (Where.HELP,), 1),
    Command("quit", "q,ctrl+q,ctrl+c", "Quit", "Leave; asks only while something is being executed", _APP, 4),
)  # fmt: skip


def bindings(where: Where) -> list[BindingType]:
    """The key bindings of a screen, or of the app. Control keys work in an input field as well."""
    return [
        Binding(key, command.action, command.title, show=False, priority=key in ("ctrl+q", "ctrl+c"))
        for command in COMMANDS
        if where in command.where
        for key in command.keys.split(",")
    ]


def available(where: Where, facts: Set[Fact]) -> list[Command]:
    """What can be done on a screen now, in the order of the table."""
    return [command for command in COMMANDS if _is_for(command, where) and set(command.needs) <= facts]


def belonging(where: Where) -> list[Command]:
    """Everything that a screen can do at some time."""
    return [command for command in COMMANDS if _is_for(command, where)]


def allowed(name: str, where: Where, facts: Set[Fact]) -> bool:
    """Whether an action may run now. Actions that are no command are not our business."""
    named = [command for command in COMMANDS if command.name == name and _is_for(command, where)]
    return not named or any(set(command.needs) <= facts for command in named)


def hints(commands: Iterable[Command], *, ascii_glyphs: bool = False) -> list[Hint]:
    """The key bar's hints for these commands."""
    return [
        Hint(
            command.shown_keys(ascii_glyphs=ascii_glyphs)[0],
            command.shown_title(ascii_glyphs=ascii_glyphs),
            command.id,
            command.weight,
            command.short,
        )
        for command in commands
        if command.weight < 9
    ]


def _is_for(command: Command, where: Where) -> bool:
    return where in command.where or Where.APP in command.where
