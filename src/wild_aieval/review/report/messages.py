"""What the sentences of a review report say, in English, as ``locale/*.po`` translates it.

After a change, run in this folder, and fill in what is new (the tests name it):
    pybabel extract -k marked --no-location -w 118 -o locale/messages.pot .
    pybabel update --no-fuzzy-matching -w 118 -i locale/messages.pot -l fr -o locale/fr.po
"""

from __future__ import annotations

from wild_aieval.comparison.messages import marked

SENTENCES = {
    "review.coverage": marked("Of {n} suggestions, {k} ({value}) were not flagged {interval}."),
    "review.workload_reduction": marked(
        "{k} of {n} suggestions ({value}) were neither flagged nor drawn for the audit."
    ),
    "review.unflagged_error": marked(
        "In the audit, people held {k} of {n} suggestions that were not flagged to be wrong: weighted by how they were "
        "drawn {value} {interval}, and with 95 % confidence at most {upper_95}."
    ),
    "review.flag_precision": marked(
        "Of {n} flagged suggestions that people decided on, {k} were wrong: {value} {interval}."
    ),
    "review.flag_recall": marked("Of all wrong suggestions, an estimated {value} {interval} were flagged."),
    "review.override_rate": marked(
        "Reviewers differed from the suggestion in {k} of {n} decisions: {value} {interval}."
    ),
    "review.overreliance": marked(
        "Where the suggestion was wrong and the reviewer's first answer right, the reviewer gave way to the "
        "suggestion in {k} of {n} cases: {value} {interval}."
    ),
    "review.underreliance": marked(
        "Where the suggestion was right and the reviewer's first answer wrong, the reviewer kept to the own "
        "answer in {k} of {n} cases: {value} {interval}."
    ),
    "review.automation_bias": marked(
        "Agreement with wrong suggestions, where they were shown at once minus where the reviewer answered first, over "
        "{n} decisions: {value} {interval}."
    ),
    "review.seed_catch": marked(
        "Reviewers caught {k} of {n} planted errors: {value}, and with 95 % confidence at least {lower_95}."
    ),
    "review.agreement.decision.alpha": marked(
        "On {n} items seen by two reviewers or more, their decisions agree with Krippendorff's alpha {value} "
        "{interval}."
    ),
    "review.minutes_median": marked(
        "A review took {value} minutes in the median {interval}; the middle half took {quartile_1} to {quartile_3} "
        "minutes ({n} reviews)."
    ),
}
ALARM = marked(
    "ALARM: after {n} audited suggestions, {k} of them wrong, the evidence that more than {limit} of those not flagged "
    "are wrong reached {threshold}. By chance alone that happens in at most {level} of such streams."
)
NO_ALARM = marked(
    "No alarm: after {n} audited suggestions, {k} of them wrong, the evidence that more than {limit} of those not "
    "flagged are wrong is {value}; the alarm is at {threshold}."
)
NOT_MEASURED = marked("Not measured: {what} ({why}).")
INTERVAL = marked("[{low} to {high}]")
PERCENT = marked("{number}\u00a0%")
HEAD = marked("The ledger holds {count} events; the hash of the last one is {head}.")
NAMES = {
    "review.coverage": marked("share not flagged"),
    "review.workload_reduction": marked("share neither flagged nor drawn"),
    "review.unflagged_error": marked("wrong among those not flagged"),
    "review.flag_precision": marked("wrong among the flagged"),
    "review.flag_recall": marked("share of wrong suggestions that were flagged"),
    "review.override_rate": marked("overrides"),
    "review.overreliance": marked("over-reliance"),
    "review.underreliance": marked("under-reliance"),
    "review.automation_bias": marked("automation bias"),
    "review.seed_catch": marked("planted errors caught"),
    "review.agreement.decision.alpha": marked("agreement of reviewers"),
    "review.minutes_median": marked("minutes for a review"),
}
WHY = {
    reason: reason
    for reason in (
        marked("nobody has decided on an item that was drawn for the audit and not flagged"),
        marked("nobody has decided on a flagged item"),
        marked("only the most urgent of the flagged items are in a batch"),
        marked("no item was flagged"),
        marked("no wrong suggestion was found"),
        marked("nobody has decided on an item"),
        marked("right and wrong are not known: the benchmark's labels may not be read here"),
        marked("only first answers with symbols can be held against labels"),
        marked("no such first answer was given"),
        marked("needs wrong suggestions decided on in both modes"),
        marked("no planted error was reviewed"),
        marked("no time was measured"),
        marked("no item was decided on by two reviewers"),
        marked("all said the same: chance would agree too"),
        marked("there are no items"),
    )
}
