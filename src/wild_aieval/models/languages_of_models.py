"""How languages are named to models: in English for prompts, and by the codes of each model family."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple


def english_name(tag: str) -> str:
    """``pt-BR`` is ``Portuguese (Brazil)``; a tag that is not known stays as it is."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(tag, sep="-").get_display_name("en") or tag)
    except (UnknownLocaleError, ValueError):
        return tag


# The codes of FLORES-200, which NLLB models use, for languages in which patents are filed or published.
NLLB = {
    "ar": "arb_Arab", "az": "azj_Latn", "be": "bel_Cyrl", "bg": "bul_Cyrl", "bs": "bos_Latn", "ca": "cat_Latn",
    "cs": "ces_Latn", "da": "dan_Latn", "de": "deu_Latn", "el": "ell_Grek", "en": "eng_Latn", "es": "spa_Latn",
    "et": "est_Latn", "eu": "eus_Latn", "fa": "pes_Arab", "fi": "fin_Latn", "fr": "fra_Latn", "ga": "gle_Latn",
    "gl": "glg_Latn", "he": "heb_Hebr", "hi": "hin_Deva", "hr": "hrv_Latn", "hu": "hun_Latn", "hy": "hye_Armn",
    "id": "ind_Latn", "is": "isl_Latn", "it": "ita_Latn", "ja": "jpn_Jpan", "ka": "kat_Geor", "kk": "kaz_Cyrl",
    "km": "khm_Khmr", "ko": "kor_Hang", "ky": "kir_Cyrl", "lo": "lao_Laoo", "lt": "lit_Latn", "lv": "lvs_Latn",
    "mk": "mkd_Cyrl", "mn": "khk_Cyrl", "ms": "zsm_Latn", "mt": "mlt_Latn", "nb": "nob_Latn", "nl": "nld_Latn",
    "nn": "nno_Latn", "no": "nob_Latn", "pl": "pol_Latn", "pt": "por_Latn", "ro": "ron_Latn", "ru": "rus_Cyrl",
    "sk": "slk_Latn", "sl": "slv_Latn", "sq": "als_Latn", "sr": "srp_Cyrl", "sv": "swe_Latn", "sw": "swh_Latn",
    "tg": "tgk_Cyrl", "th": "tha_Thai", "tk": "tuk_Latn", "tr": "tur_Latn", "uk": "ukr_Cyrl", "uz": "uzn_Latn",
    "vi": "vie_Latn", "zh": "zho_Hans", "zh-Hant": "zho_Hant", "zh-HK": "zho_Hant", "zh-TW": "zho_Hant",
}  # fmt: skip
# mBART-50 writes language and country.
MBART50 = {
    "ar": "ar_AR", "cs": "cs_CZ", "de": "de_DE", "en": "en_XX", "es": "es_XX", "et": "et_EE", "fa": "fa_IR",
    "fi": "fi_FI", "fr": "fr_XX", "he": "he_IL", "hi": "hi_IN", "hr": "hr_HR", "id": "id_ID", "it": "it_IT",
    "ja": "ja_XX", "ka": "ka_GE", "kk": "kk_KZ", "km": "km_KH", "ko": "ko_KR", "lt": "lt_LT", "lv": "lv_LV",
    "mk": "mk_MK", "mn": "mn_MN", "nl": "nl_XX", "pl": "pl_PL", "pt": "pt_XX", "ro": "ro_RO", "ru": "ru_RU",
    "sl": "sl_SI", "sv": "sv_SE", "th": "th_TH", "tr": "tr_TR", "uk": "uk_UA", "vi": "vi_VN", "zh": "zh_CN",
}  # fmt: skip


class Family(NamedTuple):
    """How a model family is told its languages.

    ``codes``: primary language (or tag) to code; None where the primary language itself is the code.
    ``written``: how the code is written in the vocabulary. ``pattern``: what such tokens look like.
    ``by_token``: whether source and target are set as tokens; else only ``prefix`` says them.
    """

    name: str
    codes: Mapping[str, str] | None = None
    written: str = "{code}"
    pattern: str = ""
    by_token: bool = False
    prefix: str = ""


MARIAN = Family("Marian", written=">>{code}<<", pattern=r">>[A-Za-z_]+<<")
FAMILIES = {
    "m2m100": Family("M2M100", written="__{code}__", pattern=r"__[a-z]{2,3}__", by_token=True),
    "nllb": Family("NLLB", NLLB, pattern=r"[a-z]{3}_[A-Z][a-z]{3}", by_token=True),
    "mbart": Family("mBART-50", MBART50, pattern=r"[a-z]{2}_[A-Z]{2}", by_token=True),
    "marian": MARIAN,
    "t5": Family("T5", prefix="translate {source_language} to {target_language}: "),
}


def family_of(model_type: str, tokenizer_class: str) -> Family:
    """By ``model_type`` of a model's config and its tokenizer's class, which tells NLLB from M2M100."""
    if model_type == "nllb-moe" or (model_type == "m2m_100" and tokenizer_class.startswith("Nllb")):
        return FAMILIES["nllb"]
    names = {"m2m_100": "m2m100", "mt5": "t5", "umt5": "t5"}
    return FAMILIES.get(names.get(model_type, model_type), Family(model_type))


def code_of(family: Family, tag: str, declared: Mapping[str, str]) -> str | None:
    """The family's code of a language tag; what is declared comes first, and the tag before its primary language."""
    parts = tag.split("-")
    forms = [tag, "-".join(parts[:2]), parts[0]]
    for table in (declared, family.codes if family.codes is not None else dict.fromkeys(forms, parts[0])):
        for form in forms:
            if form in table:
                return table[form]
    return None


def tokens_of(family: Family, vocabulary: Iterable[str]) -> list[str]:
    """The language tokens that a model has, sorted."""
    return sorted(token for token in vocabulary if family.pattern and re.fullmatch(family.pattern, token))
