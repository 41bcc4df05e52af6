"""The verbs about rules: which there are, what they would take, and the plan that takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import ConfigError, Refused, UnknownTarget, UsageError
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.policy import Policy, every_policy
from cachemgr.domain.target import select, strange
from cachemgr.domain.terms import Disposal
from cachemgr.domain.usage import NOT_LOOKED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence, Set
    from datetime import datetime

    from cachemgr.domain.cache_type import CacheType
    from cachemgr.domain.inventory import Entry, EntryId, Inventory
    from cachemgr.domain.plan import Plan
    from cachemgr.domain.policy import Pin
    from cachemgr.domain.settings import Settings
    from cachemgr.domain.terms import Rule
    from cachemgr.domain.usage import Usage
    from cachemgr.domain.verdict import Judgement, Verdict, Wait
    from cachemgr.past.runs import Runs
    from cachemgr.removal.clearing import Clearing


@dataclass(frozen=True, slots=True)
class Expiring:
    settings: Settings
    types: tuple[CacheType, ...]
    clock: Callable[[], datetime]
    clearing: Clearing
    past: Runs

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Every saved policy, by name: those of the configuration, and the presets it says nothing else of.
        One of an untrusted project is listed beside what it would hide."""
        return every_policy(self.settings.policies)

    @property
    def strange(self) -> tuple[tuple[Policy, str, str], ...]:
        """Words of saved policies that name no known cache, each with what may be meant instead."""
        return tuple(
            (policy, target, meant)
            for policy in self.policies
            for target in policy.targets
            if (meant := self.meant_by(target)) is not None
        )

    def meant_by(self, target: str) -> str | None:
        """What may be meant by a word that names no known cache, or nothing; None for one that does."""
        return strange(
            target, [*(kind.id for kind in self.types), *(root.type for root in self.settings.roots)]
        )

    def pin_within(
        self, inventory: Inventory, place: str, type_id: str
    ) -> Callable[[Sequence[str], str], Pin | None]:
        """Which pin of the configuration holds an entry of the cache in a directory, by its names."""
        from cachemgr.plan.pins import pin_within

        return pin_within(inventory, self.settings.pins, self.clock(), place, type_id)

    def policy(self, name: str) -> Policy:
        """A saved policy that may be run. Raises UsageError with the nearest name, and ConfigError for one
        that is wrong."""
        named = [policy for policy in self.policies if policy.name == name]
        for policy in named:
            if policy.trusted and not policy.wrong:
                return policy
            if policy.trusted:
                raise ConfigError(policy.wrong)
        if named and named[0].wrong:
            raise ConfigError(named[0].wrong)
        if named:
            raise UsageError(
                f"policy {name!r} comes from this project's configuration, which is not trusted yet;"
                " read it, then run `cachemgr config trust`"
            )
        from difflib import get_close_matches  # only a mistake needs it

        known = list(
            dict.fromkeys(policy.name for policy in self.policies if policy.trusted and not policy.wrong)
        )
        near = get_close_matches(name, known, 1)
        way_out = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise UsageError(f"there is no policy {name!r}; {way_out}")

    def nothing_meant(self, policy: Policy, chosen: str = "named") -> str:
        """The sentence for a policy beside targets of which it means nothing."""
        about = " ".join(map(display_name, policy.targets))
        subject = f"policy {display_name(policy.name)} is" if policy.name else "these rules are"
        return f"{subject} about {about}, and nothing of that was {chosen}"

    def chosen(self, inventory: Inventory, policy: Policy, entries: Set[EntryId] | None) -> tuple[Entry, ...]:
        """What a policy is about, and of that those `entries` alone, where they are given. Raises
        UnknownTarget where its own targets name nothing here."""
        about = select(inventory, policy.targets, self.types).entries
        return tuple(
            entry
            for entry in inventory.entries
            if entry.id in about and (entries is None or entry.id in entries)
        )

    def preview(
        self,
        inventory: Inventory,
        policy: Policy,
        entries: Set[EntryId] | None = None,
        *,
        disposal: Disposal | None = None,
    ) -> Judgement:
        """What a policy would take, and which rule says so: from the inventory alone, so that it can follow
        every key. Who uses something is not asked, and nothing stops it. Raises nothing for an empty one."""
        try:
            chosen = self.chosen(inventory, policy, entries)
        except UnknownTarget:
            chosen = ()
        return self._judge(inventory, chosen, policy, disposal, NOT_LOOKED)

    def explain(
        self,
        inventory: Inventory,
        policy: Policy,
        entries: Set[EntryId] | None = None,
        *,
        disposal: Disposal | None = None,
        force: Collection[Rule] = (),
    ) -> Judgement:
        """The judgement that a plan would be founded on. Raises as `plan` does."""
        self.refuse_empty(policy)
        chosen = self.chosen(inventory, policy, entries)
        return self._judge(inventory, chosen, policy, disposal, self.clearing.look(inventory, chosen, force))

    def waits(self, inventory: Inventory, judgement: Judgement, verdict: Verdict) -> tuple[Wait, ...]:
        """When a rule will take an entry that stays for now, or stop to keep it."""
        from cachemgr.plan.waits import waits

        return tuple(waits(inventory.entry_by_id[verdict.entry], judgement.policy, verdict))

    def refuse_empty(self, policy: Policy) -> None:
        """Raise UsageError for a policy without a rule, which never means everything."""
        if policy.empty:
            raise UsageError(
                "no rule says what may go, and that never means everything; give one such as"
                " --older-than 30d, --ttl or --policy NAME (`cachemgr config show` lists them)"
            )

    def plan(
        self,
        inventory: Inventory,
        policy: Policy,
        entries: Set[EntryId] | None = None,
        *,
        targets: Sequence[str] = (),
        disposal: Disposal | None = None,
        force: Collection[Rule] = (),
        attended: bool = False,
    ) -> Plan:
        """What a policy would do, after a look at who uses what. `attended`: somebody reads it before it is
        done. Raises UsageError for an empty policy, UnknownTarget where its targets name nothing."""
        from cachemgr.plan.brakes import brakes
        from cachemgr.plan.expire_plan import expire_plan

        self.refuse_empty(policy)
        chosen = self.chosen(inventory, policy, entries)
        usage = self.clearing.look(inventory, chosen, force)
        judgement = self._judge(inventory, chosen, policy, disposal, usage)
        going = frozenset(verdict.entry for verdict in judgement.going)
        cleared = self.clearing.plan(
            inventory, going, targets=targets, disposal=disposal, force=force, usage=usage
        )
        now = self.clock()
        last_run = max((run.finished or run.started for run in self.past.all()), default=None)
        found = brakes(inventory, judgement, now, attended=attended, last_run=last_run)
        return expire_plan(cleared, judgement, tuple(found))

    def refuse(self, plan: Plan) -> None:
        """Raise Refused where a brake holds a plan to expire."""
        if plan.expiry is None:
            return
        from cachemgr.plan.brakes import refusal

        if why := refusal(plan):
            raise Refused(why)

    def recheck(self, plan: Plan, inventory: Inventory) -> Mapping[int, Trouble]:
        """What a plan asks for that its rules would not take now; all of it where it has none. Raises
        UsageError for rules that are none."""
        from cachemgr.plan.expire_plan import no_longer, rules_of

        if plan.expiry is None:
            return {number: Trouble("changed", step.cache) for number, step in enumerate(plan.steps)}
        try:
            policy = rules_of(plan.expiry)
        except (KeyError, ValueError):
            raise UsageError(f"plan {display_name(plan.id)} has rules that are none; plan again") from None
        about = {step.entry for step in plan.steps} | {one.entry for one in plan.exclusions}
        # A document has what can be shown of a name.
        chosen = [one for one in inventory.entries if one.id in about or display_name(one.id) in about]
        # How it is disposed of is the plan's own choice, and who uses it is asked right before the run.
        return no_longer(plan, self._judge(inventory, chosen, policy, Disposal.DELETE, NOT_LOOKED))

    def _judge(
        self,
        inventory: Inventory,
        chosen: Sequence[Entry],
        policy: Policy,
        disposal: Disposal | None,
        usage: Usage,
    ) -> Judgement:
        from cachemgr.plan.clear import default_disposal
        from cachemgr.plan.expire import judge

        wanted = disposal or self.settings.disposal

        def disposal_of(entry: Entry) -> Disposal:
            return wanted or default_disposal(inventory.cache_by_id[entry.cache].rebuild)

        pins = self.settings.pins
        now = self.clock()
        return judge(inventory, chosen, policy, now, pins=pins, disposal_of=disposal_of, usage=usage)
