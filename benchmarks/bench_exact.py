"""Processor time of exact operating characteristics, beside a plain enumeration of every path."""

from __future__ import annotations

from time import process_time

from galu.binomial import binomial_pmf
from galu.escalation import Outcome, Outcomes, PatientOutcome, ThreePlusThree, design_named
from galu.escalation.exact import in_cohorts
from galu.escalation.merged import Sizes, by_merged_states, walk_of, where_next

TRUTH = (0.05, 0.10, 0.20, 0.35, 0.50)
SKELETON = (0.08, 0.16, 0.25, 0.35, 0.46)


def enumerated(design, truth, cohorts):
    """Select probabilities by following every path of cohorts of three through `decide`."""
    select = [0.0] * (len(truth) + 1)
    paths = [(Outcomes(), 1, 1.0)]
    for _ in range(cohorts):
        longer = []
        for outcomes, level, weight in paths:
            for dlts, chance in enumerate(binomial_pmf(3, truth[level - 1])):
                kinds = [Outcome.NONE] * (3 - dlts) + [Outcome.DLT] * dlts
                then = outcomes.then(*(PatientOutcome(level, kind) for kind in kinds))
                decision = design.decide(then, len(truth))
                if decision.action.ends_escalation:
                    select[decision.level or 0] += weight * chance
                else:
                    longer.append((then, decision.level, weight * chance))
        paths = longer
    for _, level, weight in paths:
        select[level] += weight
    return select


def seconds(function, repeat):
    function()
    best = float("inf")
    for _ in range(repeat):
        start = process_time()
        function()
        best = min(best, process_time() - start)
    return best


def report(name, ours, plain, repeat=5):
    fast, slow = seconds(ours, repeat), seconds(plain, 1)
    print(f"{name}: {fast * 1e3:.2f} ms, every path in turn {slow / fast:.0f} times as long")


def main():
    three = ThreePlusThree()
    report("3+3, 5 levels", lambda: in_cohorts(three, TRUTH), lambda: enumerated(three, TRUTH, 12), repeat=20)
    for name, switches in (("boin", {}), ("crm", {"prior": SKELETON})):
        design = design_named(name, target=0.25, largest=100, **switches)
        walk = walk_of(design)
        short = by_merged_states(walk, TRUTH, Sizes(3, 12), where_next).select
        assert max(abs(a - b) for a, b in zip(short, enumerated(design, TRUTH, 4), strict=True)) < 1e-12
        report(
            f"{name}, 5 levels, 4 cohorts",
            lambda: by_merged_states(walk, TRUTH, Sizes(3, 12), where_next),  # noqa: B023 - called at once
            lambda: enumerated(design, TRUTH, 4),  # noqa: B023
        )
        full = seconds(lambda: by_merged_states(walk, TRUTH, Sizes(3, 30)), 3)  # noqa: B023
        print(f"{name}, 5 levels, n = 30: {full * 1e3:.0f} ms ({4**10:,} paths if enumerated)")
    exact = in_cohorts(three, TRUTH).select
    assert max(abs(a - b) for a, b in zip(exact, enumerated(three, TRUTH, 12), strict=True)) < 1e-12


if __name__ == "__main__":
    main()
