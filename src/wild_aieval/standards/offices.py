"""Two-letter codes of offices and states (WIPO Standard ST.3, codes as published in 2016)."""

from __future__ import annotations

import functools
import re

_CODES = """
AD AE AF AG AI AL AM AO AP AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BQ BR BS BT BV BW BY BZ CA CC
CD CF CG CH CI CK CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EA EC EE EG EH EM EP ER ES ET FI FJ FK FO FR
GA GB GC GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GW GY HK HM HN HR HT HU IB ID IE IL IM IN IQ IR IS IT JE JM
JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN MO MP MQ
MR MS MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OA OM PA PE PF PG PH PK PL PT PW PY QA QZ RO RS RU RW SA
SB SC SD SE SG SH SI SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY
UZ VA VC VE VG VN VU WF WO WS XN XU XV YE ZA ZM ZW
"""

# Of states and offices that are no more, or have another code now; old publications bear them.
FORMER_CODES = frozenset(["AN", "BU", "CS", "DD", "SU", "TP", "YD", "YU", "ZR"])
ST3_CODES = frozenset(_CODES.split()) | FORMER_CODES

# What offices call themselves, by ST.3 code; names that several offices share (INPI, IPO) are left out.
_NAMES = {
    "AT": "Austrian Patent Office",
    "AU": "IP Australia",
    "BR": "INPI Brazil",
    "CA": "CIPO; Canadian Intellectual Property Office",
    "CH": "IGE; IPI; Swiss Federal Institute of Intellectual Property",
    "CL": "INAPI",
    "CN": "CNIPA; China National Intellectual Property Administration",
    "DE": "DPMA; Deutsches Patent- und Markenamt; German Patent and Trade Mark Office",
    "EA": "EAPO; Eurasian Patent Office; Eurasian Patent Organization",
    "EM": "EUIPO; European Union Intellectual Property Office",
    "EP": "EPO; European Patent Office; Europäisches Patentamt; Office européen des brevets",
    "ES": "OEPM; Oficina Española de Patentes y Marcas; Spanish Patent and Trademark Office",
    "FR": "INPI France; Institut national de la propriété industrielle",
    "GB": "UKIPO; UK Intellectual Property Office",
    "IB": "WIPO; World Intellectual Property Organization; WO",
    "IL": "ILPO; Israel Patent Office",
    "IN": "Office of the Controller General of Patents, Designs and Trade Marks",
    "JP": "JPO; Japan Patent Office",
    "KR": "KIPO; MOIP; Korean Intellectual Property Office; Ministry of Intellectual Property",
    "MX": "IMPI; Instituto Mexicano de la Propiedad Industrial",
    "NZ": "IPONZ; Intellectual Property Office of New Zealand",
    "PL": "Patent Office of the Republic of Poland",
    "RU": "Rospatent; Federal Service for Intellectual Property",
    "SA": "SAIP; Saudi Authority for Intellectual Property",
    "SE": "PRV; Swedish Intellectual Property Office",
    "SG": "IPOS; Intellectual Property Office of Singapore",
    "TR": "TÜRKPATENT; Turkish Patent and Trademark Office",
    "US": "USPTO; United States Patent and Trademark Office; US Patent and Trademark Office",
}
_NO_ONE = ("", "unknown", "none")


def same_party(one: str, other: str) -> bool:
    """Whether two names stand for the same party: the same words, or names or code of one office.

    Case, punctuation and 'the' do not count.

    >>> same_party("European Patent Office (EPO)", "EP"), same_party("ACME Ltd.", "acme ltd"), same_party("", "")
    (True, True, False)
    """
    return bool(_parties(one) & _parties(other))


def _parties(name: str) -> set[str]:
    """The plain name, each of its parts in parentheses, and the codes of the offices these name."""
    outside = re.sub(r"\(.*?\)", " ", name)
    plain = {_plain(part) for part in (name, outside, *re.findall(r"\((.*?)\)", name))} - set(_NO_ONE)
    return plain | {_office_of(text) for text in plain if _office_of(text)}


@functools.cache
def _by_name() -> dict[str, str]:
    names = {_plain(name): f"office {code}" for code, all_names in _NAMES.items() for name in all_names.split(";")}
    return names | {code.lower(): f"office {'IB' if code == 'WO' else code}" for code in ST3_CODES}


def _office_of(plain: str) -> str:
    return _by_name().get(plain, "")


def _plain(name: str) -> str:
    return " ".join(word for word in re.findall(r"\w+", name.casefold()) if word != "the")
