"""What stops an expiry while nobody watches, and what stops it in any case."""

from dataclasses import replace

from cachemgr.domain.inventory import Inventory, Volume
from cachemgr.domain.policy import Policy
from cachemgr.plan.brakes import brakes
from cachemgr.plan.expire import judge
from tests.values import NOW, ago, cache, entry, unit

DAY = 86_400


def test_ten_gigabytes_stop_it_however_many_entries_there_are() -> None:
    large = [entry("large", unit("large", size=10 * 1000**3 + 1), modified=ago(days=90))]
    small = [entry(f"e{number}", modified=ago(days=2)) for number in range(9)]
    found = Inventory(NOW, (replace(cache(), registered=True),), (*large, *small))
    made = judge(found, found.entries, Policy(older_than=30 * DAY), NOW)

    (brake,) = brakes(found, made, NOW, attended=False)

    assert (brake.kind, brake.detail) == ("mass", "bytes 10000000001")
    assert not list(brakes(found, made, NOW, attended=True))


def test_a_rule_of_last_use_stops_where_reads_are_not_recorded() -> None:
    quiet = Volume("/dev/a", "ext4", 1, 2, records_access=False)
    found = Inventory(
        NOW, (replace(cache(), registered=True, volume=quiet),), (entry("e", modified=ago(days=90)),)
    )

    for policy, kinds in ((Policy(unused_for=DAY), ["no-access-times"]), (Policy(ttl=True), [])):
        made = judge(found, found.entries, policy, NOW)
        assert [brake.kind for brake in brakes(found, made, NOW, attended=True)] == kinds
        assert not made.going
