"""Names in the words of the desk: parts of a document, levels, decisions, grades, kinds of difference, refusals."""

from __future__ import annotations

from wild_aieval.review.desk.wording import marked

PARTS = {
    "title": marked("Title"),
    "abstract": marked("Abstract"),
    "text": marked("Text"),
    "claims": marked("Claims"),
    "source": marked("Source"),
    "translation": marked("Translation by software"),
    "terms": marked("Glossary"),
}
FACTS = {
    "language": marked("Language"),
    "source_language": marked("From"),
    "target_language": marked("into"),
    "date": marked("Date"),
    "scheme": marked("Scheme"),
    "edition": marked("Edition"),
}
LEVELS = {
    "section": marked("section"),
    "class": marked("class"),
    "subclass": marked("subclass"),
    "main_group": marked("main group"),
    "subgroup": marked("subgroup"),
}
DECISIONS = {
    "classification": {
        "agrees": marked("I agree with the suggestion"),
        "differs": marked("I differ from the suggestion"),
        "cannot_decide": marked("I cannot decide"),
    },
    "translation": {
        "agrees": marked("I agree: the translation can be used as it is"),
        "differs": marked("I differ: it cannot be used as it is"),
        "cannot_decide": marked("I cannot decide"),
    },
    "search": {
        "agrees": marked("I agree: these documents are of use"),
        "differs": marked("I differ: they are of no use, or what matters is missing"),
        "cannot_decide": marked("I cannot decide"),
    },
}
GRADES = {
    5: marked("all of the important content"),
    4: marked("almost all of it (80 % or more)"),
    3: marked("more than half of it (50 % or more)"),
    2: marked("some of it (20 % or more)"),
    1: marked("less than 20 % of it"),
}
DIFFERENCES = {
    ("numbers", "lost"): marked("Numbers only in the source:"),
    ("numbers", "added"): marked("Numbers only in the translation:"),
    ("signs", "lost"): marked("Reference signs only in the source:"),
    ("signs", "added"): marked("Reference signs only in the translation:"),
    ("claims", "lost"): marked("References to claims only in the source:"),
    ("claims", "added"): marked("References to claims only in the translation:"),
    ("units", "lost"): marked("Units only in the source:"),
    ("units", "added"): marked("Units only in the translation:"),
    ("terms", "lost"): marked("Terms not rendered as the glossary says:"),
}
# reason of a refusal: heading, text
PROBLEMS = {
    "closed": (marked("The batch is closed"), marked("It takes no more answers. What you sent was not kept.")),
    "absent": (marked("Nothing is here"), marked("There is no such page, or nothing to do there for you.")),
    "taken": (marked("Others have this item"), marked("As many reviewers as wanted look at it already.")),
    "early": (marked("Not yet"), marked("Your own answer comes first. What you sent was not kept.")),
    "late": (
        marked("Your first answer stands"),
        marked("You gave it before. What you sent now was not kept; the first answer cannot be changed."),
    ),
    "form": (
        marked("This form is too old"),
        marked("It does not belong to your session any more. What you sent was not kept; load the page again."),
    ),
    "often": (
        marked("Too many wrong tokens"),
        marked("Nobody can sign in from here for some minutes. Then try again, with the token as it was given to you."),
    ),
    "ledger": (
        marked("The ledger did not answer"),
        marked(
            "What you sent may not have been kept. Wait a minute, go back and send it again: nothing counts twice. "
            "Tell who started the desk if it goes on; what you kept before is safe."
        ),
    ),
    "fault": (marked("Something went wrong"), marked("Nothing was kept. Tell who started the desk.")),
}
