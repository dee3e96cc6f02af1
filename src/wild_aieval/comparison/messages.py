"""What the sentences of a comparison say, in English, as ``locale/*.po`` translates it.

After a change, run in this folder, and fill in what is new (the tests name it):
    pybabel extract -k marked -k marked_plural:1,2 --no-location -w 118 -o locale/messages.pot .
    pybabel update --no-fuzzy-matching -w 118 -i locale/messages.pot -l fr -o locale/fr.po
"""

from __future__ import annotations


def marked(message: str) -> str:
    """Tell the extraction that this is a message; it is translated where it is used."""
    return message


def marked_plural(one: str, many: str) -> tuple[str, str]:
    """The same for a message with a singular and a plural."""
    return one, many


# In French and Spanish, names of measures carry their article: no preposition before them may contract with one.
MEASURES = {
    r"(?P<level>\w+)\.first_guess\.any": marked("first guess of any assigned symbol at {level}"),
    r"(?P<level>\w+)\.first_guess\.main": marked("first guess of the main symbol at {level}"),
    r"(?P<level>\w+)\.three_guesses\.any": marked("three guesses of any assigned symbol at {level}"),
    r"(?P<level>\w+)\.three_guesses\.main": marked("three guesses of the main symbol at {level}"),
    r"(?P<level>\w+)\.micro_f1\.main": marked("micro F1 at {level}"),
    r"(?P<level>\w+)\.micro_f1\.three": marked("micro F1 of three guesses at {level}"),
    r"(?P<level>\w+)\.macro_f1\.main": marked("macro F1 at {level}"),
    r"(?P<level>\w+)\.macro_f1\.three": marked("macro F1 of three guesses at {level}"),
    r"hierarchical_f1\.main": marked("hierarchical F1"),
    r"hierarchical_f1\.three": marked("hierarchical F1 of three guesses"),
    r"invalid_symbol_rate": marked("invalid symbol rate"),
    r"chrf2pp": marked("chrF++"),
    r"bleu": marked("BLEU"),
    r"ter": marked("TER"),
    r"numbers_kept": marked("numbers kept"),
    r"units_kept": marked("units kept"),
    r"reference_signs_kept": marked("reference signs kept"),
    r"claim_references_kept": marked("claim references kept"),
    r"terms_kept": marked("glossary terms kept"),
    r"recall_(?P<depth>\d+)": marked("Recall@{depth}"),
    r"ndcg_(?P<depth>\d+)": marked("nDCG@{depth}"),
    r"map_(?P<depth>\d+)": marked("MAP@{depth}"),
    r"mrr_(?P<depth>\d+)": marked("MRR@{depth}"),
    r"pres_(?P<depth>\d+)": marked("PRES@{depth}"),
    r"judged_(?P<depth>\d+)": marked("Judged@{depth}"),
    r"date_violation_rate": marked("date violation rate"),
}
LEVELS = {
    "section": marked("section"),
    "class": marked("class"),
    "subclass": marked("subclass"),
    "main_group": marked("main group"),
    "subgroup": marked("subgroup"),
}
ITEMS = {
    "classification": marked_plural("{count} document", "{count} documents"),
    "translation": marked_plural("{count} segment", "{count} segments"),
    "search": marked_plural("{count} query", "{count} queries"),
    "": marked_plural("{count} item", "{count} items"),
}
MORE = {
    "classification": marked_plural("{count} more document", "{count} more documents"),
    "translation": marked_plural("{count} more segment", "{count} more segments"),
    "search": marked_plural("{count} more query", "{count} more queries"),
    "": marked_plural("{count} more item", "{count} more items"),
}
WITHIN = {
    "document": marked_plural("{items} in {count} document", "{items} in {count} documents"),
    "family": marked_plural("{items} in {count} family", "{items} in {count} families"),
    "applicant": marked_plural("{items} of {count} applicant", "{items} of {count} applicants"),
    "": marked_plural("{items} in {count} cluster", "{items} in {count} clusters"),
}
FROM_NEW = {
    "document": marked("{items} from new documents"),
    "family": marked("{items} from new families"),
    "applicant": marked("{items} from new applicants"),
    "": marked("{items} from new clusters"),
}
FEWER_ITEMS = marked("fewer than {count} items")
FEWER = {
    "document": marked("fewer than {count} documents"),
    "family": marked("fewer than {count} families"),
    "applicant": marked("fewer than {count} applicants"),
    "": marked("fewer than {count} clusters"),
}
BETTER = {
    "share": marked_plural(
        "On {on}, {better} is better than {worse} by {effect} percentage points of {measure} {interval}.",
        "On {on}, {better} is better than {worse} by {effect} percentage points of {measure} {interval}.",
    ),
    "score": marked_plural(
        "On {on}, {better} is better than {worse} by {effect} {measure} {interval}.",
        "On {on}, {better} is better than {worse} by {effect} {measure} {interval}.",
    ),
    "ratio": marked_plural(
        "On {on}, {better} is better than {worse} by {effect} in {measure} {interval}.",
        "On {on}, {better} is better than {worse} by {effect} in {measure} {interval}.",
    ),
}
DIFFERENCE = {
    "share": marked_plural(
        "the difference is {effect} percentage points {interval}",
        "the difference is {effect} percentage points {interval}",
    ),
    "score": marked_plural(
        "the difference is {effect} points {interval}", "the difference is {effect} points {interval}"
    ),
    "ratio": marked_plural("the difference is {effect} {interval}", "the difference is {effect} {interval}"),
}
AGAINST = {
    "better": marked_plural("{names} is better than {baseline}", "{names} are better than {baseline}"),
    "worse": marked_plural("{names} is worse than {baseline}", "{names} are worse than {baseline}"),
    "tied": marked_plural(
        "{names} cannot be told apart from {baseline}", "{names} cannot be told apart from {baseline}"
    ),
}
LEADERS = {
    "one": marked("By {measure}, {first} leads the {count} systems on {on}."),
    "several": marked("By {measure}, {names} lead the {count} systems on {on}; they cannot be told apart."),
    "all": marked("By {measure}, {names} cannot be told apart on {on}."),
    "overlapping": marked(
        "By {measure}, {first} ranks first of the {count} systems on {on}; it cannot be told apart from {others}."
    ),
}
