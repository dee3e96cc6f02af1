"""The only place where a certificate becomes words. A sentence carries all that it depends on, or it is not said.

Nothing here says that an answer is right, that nobody need look, or anything about an application's fate: an answer
is a suggestion, and a certificate bounds a share of wrong ones among those that the policy does not flag.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

Entry = Mapping[str, Any]
FLAGS_ALL = "The policy flags every item (fail closed)."
_ORIGINS = {
    "H": "given by persons, as the benchmark declares (H in position 40 of WIPO ST.8)",
    "reviews": "outcomes of human reviews, from a file",
    "assumed": "ASSUMED to be given by persons, which the benchmark does not declare",
}


def percent(share: float) -> str:
    """A share in per cent with as many digits as it has, three at most."""
    return f"{100 * share:.3g} %"


def bound(entry: Entry) -> str:
    """What a certificate promises, with probability, population, dates and validity."""
    who = entry["candidate"]["name"]
    many = f" For all {entry['claims']} claims made together." if entry["claims"] > 1 else ""
    if entry["kind"] == "depth":
        promise = (
            f"reading the first {entry['depth']} documents found for a query without a hard reason leaves at most "
            f"{percent(entry['alpha'])} of its relevant documents unread on average"
        )
    else:
        promise = (
            f"at most {percent(entry['alpha'])} of the items that are not flagged (no hard reason, score of at least "
            f"{entry['threshold']:.6g}) are wrong in the long run"
        )
    return (
        f"Of the suggestions of {who} on data exchangeable with the calibration items ({population(entry)}; "
        f"n = {entry['n_cal']}, one for each {entry['unit']}), with a probability of at least "
        f"{percent(1 - entry['delta'])} over the draw of these items, {promise}. Wrong means: {entry['error_words']}."
        f"{many} Issued {entry['issued']}; not valid from {entry['valid_until']} on, for another candidate, edition or "
        "group, or on data drawn in another way."
    )


def population(entry: Entry) -> str:
    """Where the calibration items come from."""
    found = entry["population"]
    dates = found["dates"]
    parts = [
        f"{found['benchmark']} {found['version']}",
        _whom(entry["group"]),
        f"offices: {_listed(found['offices'])}",
        f"languages: {_listed(found['languages'])}",
        f"dates: {dates[0]} to {dates[1]}" if dates else "dates: not known",
        f"labels: {_ORIGINS[found['labels']]}",
    ]
    return "; ".join(part for part in parts if part)


def missed(entry: Entry) -> str:
    """Why a test did not allow the promise, and what would."""
    alpha, used = percent(entry["alpha"]), percent(1 - entry["delta_used"])
    whom = f" for {_whom(entry['group'])}" if entry["group"] else ""
    start = (
        f"Not certified{whom}: {entry['n_unflagged']} unflagged calibration items, {entry['errors']:g} wrong; the "
        f"claim of at most {alpha} with {used} needs at least {entry['smallest']} if none is wrong"
    )
    return f"{start}. {needs(entry['needs'])} {FLAGS_ALL}"


def missed_depth(entry: Entry) -> str:
    """Why no depth is certified."""
    return (
        f"Not certified: at the full depth of {entry['deepest']} documents the {entry['n_cal']} calibration queries "
        f"leave {percent(entry['mean_loss'])} of the relevant documents unread on average; the claim is at most "
        f"{percent(entry['alpha'])} with {percent(1 - entry['delta_used'])}. {FLAGS_ALL}"
    )


def refused(reason: str) -> str:
    """Nothing was tested, and why."""
    return f"Nothing can be certified: {reason}. {FLAGS_ALL}"


def needs(found: Mapping[str, Any]) -> str:
    """What more labels would change."""
    if found["error_free"] == 0:
        return ""
    if found["unflagged"] is None:
        return "At the observed share of errors no number of labels would do."
    items = found["error_free"]
    text = f"{items} more error-free unflagged {'item' if items == 1 else 'items'} would do at this threshold"
    if found["labelled"] is not None:
        text += f"; at the observed share of errors about {found['labelled']:,} labelled calibration items are needed"
    return text + "."


def check(found: Mapping[str, Any]) -> str:
    """The test part, which was held against the promise once and changed nothing."""
    if not found["n"]:
        return "Test part: no unflagged items, so nothing was checked."
    return (
        f"Test part: {found['k']:g} of {found['n']} unflagged items wrong ({percent(found['k'] / found['n'])}, exact "
        f"95 % interval {percent(found['cp_lo'])} to {percent(found['cp_hi'])}) at a coverage of "
        f"{percent(found['coverage'])}: {found['verdict']} with the certificate."
    )


def check_depth(found: Mapping[str, Any]) -> str:
    """The same for a depth."""
    if not found["n"]:
        return "Test part: no queries, so nothing was checked."
    return (
        f"Test part: {percent(found['mean'])} of the relevant documents of {found['n']} queries unread on average "
        f"(95 % interval {percent(found['low'])} to {percent(found['high'])}): {found['verdict']} with the certificate."
    )


def average_depth(depth: int | None, alpha: float) -> str:
    """The weaker promise of conformal risk control, which must not be taken for the certificate."""
    if depth is None:
        return f"Average promise (conformal risk control), NOT a certificate: no depth reaches {percent(alpha)}."
    return (
        f"Average promise (conformal risk control), NOT a certificate: {depth} documents keep the unread share at or "
        f"below {percent(alpha)} on average over many calibrations; a single calibration may miss it."
    )


def floor(share: float, depth: int) -> str:
    """What no depth can reach."""
    return f"Floor: {percent(share)} of the relevant documents are not among the first {depth} at all."


def shift(p_value: float, level: float) -> str:
    """Scores of a batch against those of the calibration items."""
    verdict = "differ from" if p_value <= level else "are not told apart from"
    test = f"Kolmogorov-Smirnov, permutation p = {p_value:.3g}"
    return f"Scores of the batch {verdict} those of the calibration items ({test})."


def next_edition(day: datetime.date) -> datetime.date:
    """The day on which the next edition of the IPC enters into force: 1 January."""
    return datetime.date(day.year + 1, 1, 1)


def _whom(group: Mapping[str, str] | None) -> str:
    """A group in words; the section is that of the suggestion, since that of the label is not known in use."""
    if not group:
        return ""
    kind = "section of the first suggestion" if group["by"] == "section" else group["by"]
    return f"{kind} {group['value']}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "not known"
