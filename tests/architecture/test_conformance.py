"""Every rule has a test, and no test speaks of a rule that is none."""

from tests.conformance import chapters, holders

RULES = [rule for chapter in chapters() for rule in chapter.rules]


def test_every_rule_is_held_by_a_test() -> None:
    held = holders()
    assert [rule.id for rule in RULES if rule.id not in held] == []


def test_every_marker_names_a_rule() -> None:
    assert sorted(holders().keys() - {rule.id for rule in RULES}) == []


def test_no_rule_stands_twice() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
