"""How languages write months, days, numbers and money: a small table of the usual ones.

The facts are those of the Unicode CLDR; a test compares them with it. Babel, which has all of them,
weighs 33 MB. A locale that is not here is written as its language, and a language that is not here
as English.
"""

# ruff: noqa: RUF001 - letters that look like others are what the languages use

from dataclasses import replace

from sojourn.core.nouns import noun

NBSP = "\u00a0"
"""A space at which no line breaks; `~` in the table below."""


@noun
class Words:
    """Months from January, days from Monday, each in full and short, as they stand in a date."""

    months: tuple[str, ...]
    months_short: tuple[str, ...]
    days: tuple[str, ...]
    days_short: tuple[str, ...]


@noun
class Locale:
    """How one locale writes.

    ``date`` is a format of the `date` filter. ``money`` places the symbol (`¤`), the number (`#`)
    and the sign of a negative amount (`-`). A currency without symbol here is written by its code.
    """

    words: Words
    am_pm: tuple[str, str]
    date: str
    decimal: str
    group: str
    money: str
    symbols: dict[str, str]


def find_locale(tag: str | None) -> Locale:
    """The locale of a BCP 47 tag (`en-ZA`), or else of its language, or else English."""
    wanted = (tag or "en").replace("_", "-").lower()
    language = wanted.split("-", 1)[0]
    language = _ALIASES.get(language, language)
    return _LOCALES.get(wanted) or _LOCALES.get(language) or _LOCALES["en"]


def _words(months: str, months_short: str, days: str, days_short: str) -> Words:
    return Words(
        tuple(months.split()),
        tuple(months_short.split()),
        tuple(days.split()),
        tuple(days_short.split()),
    )


_ALIASES = {"no": "nb", "nn": "nb"}

_WORDS = {
    "en": _words(
        "January February March April May June July August September October November December",
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        "Mon Tue Wed Thu Fri Sat Sun",
    ),
    "af": _words(
        "Januarie Februarie Maart April Mei Junie Julie Augustus September Oktober November "
        "Desember",
        "Jan. Feb. Mrt. Apr. Mei Jun. Jul. Aug. Sep. Okt. Nov. Des.",
        "Maandag Dinsdag Woensdag Donderdag Vrydag Saterdag Sondag",
        "Ma. Di. Wo. Do. Vr. Sa. So.",
    ),
    "zu": _words(
        "Januwari Februwari Mashi Ephreli Meyi Juni Julayi Agasti Septhemba Okthoba Novemba "
        "Disemba",
        "Jan Feb Mas Eph Mey Jun Jul Aga Sep Okt Nov Dis",
        "UMsombuluko ULwesibili ULwesithathu ULwesine ULwesihlanu UMgqibelo ISonto",
        "Mso Bil Tha Sin Hla Mgq Son",
    ),
    "de": _words(
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
        "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
        "Mo. Di. Mi. Do. Fr. Sa. So.",
    ),
    "nl": _words(
        "januari februari maart april mei juni juli augustus september oktober november december",
        "jan feb mrt apr mei jun jul aug sep okt nov dec",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        "ma di wo do vr za zo",
    ),
    "fr": _words(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "lun. mar. mer. jeu. ven. sam. dim.",
    ),
    "es": _words(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "ene feb mar abr may jun jul ago sept oct nov dic",
        "lunes martes miércoles jueves viernes sábado domingo",
        "lun mar mié jue vie sáb dom",
    ),
    "it": _words(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
        "dicembre",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
        "lun mar mer gio ven sab dom",
    ),
    "pt": _words(
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez.",
        "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
        "seg. ter. qua. qui. sex. sáb. dom.",
    ),
    "da": _words(
        "januar februar marts april maj juni juli august september oktober november december",
        "jan. feb. mar. apr. maj jun. jul. aug. sep. okt. nov. dec.",
        "mandag tirsdag onsdag torsdag fredag lørdag søndag",
        "man. tirs. ons. tors. fre. lør. søn.",
    ),
    "sv": _words(
        "januari februari mars april maj juni juli augusti september oktober november december",
        "jan. feb. mars apr. maj juni juli aug. sep. okt. nov. dec.",
        "måndag tisdag onsdag torsdag fredag lördag söndag",
        "mån tis ons tors fre lör sön",
    ),
    "nb": _words(
        "januar februar mars april mai juni juli august september oktober november desember",
        "jan. feb. mars apr. mai juni juli aug. sep. okt. nov. des.",
        "mandag tirsdag onsdag torsdag fredag lørdag søndag",
        "man. tir. ons. tor. fre. lør. søn.",
    ),
    "fi": _words(
        "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta "
        "syyskuuta lokakuuta marraskuuta joulukuuta",
        "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
        "maanantaina tiistaina keskiviikkona torstaina perjantaina lauantaina sunnuntai",
        "ma ti ke to pe la su",
    ),
    "pl": _words(
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
        "listopada grudnia",
        "sty lut mar kwi maj cze lip sie wrz paź lis gru",
        "poniedziałek wtorek środa czwartek piątek sobota niedziela",
        "pon. wt. śr. czw. pt. sob. niedz.",
    ),
    "cs": _words(
        "ledna února března dubna května června července srpna září října listopadu prosince",
        "led úno bře dub kvě čvn čvc srp zář říj lis pro",
        "pondělí úterý středa čtvrtek pátek sobota neděle",
        "po út st čt pá so ne",
    ),
    "tr": _words(
        "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
        "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
        "Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi Pazar",
        "Pzt Sal Çar Per Cum Cmt Paz",
    ),
    "en-gb": _words(
        "January February March April May June July August September October November December",
        "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec",
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        "Mon Tue Wed Thu Fri Sat Sun",
    ),
}
_WORDS["de-at"] = replace(
    _WORDS["de"],
    months=("Jänner", *_WORDS["de"].months[1:]),
    months_short=("Jän.", *_WORDS["de"].months_short[1:8], "Sep.", *_WORDS["de"].months_short[9:]),
)


def _locale(words: str, am_pm: str, date: str, numbers: str, symbols: str) -> Locale:
    point_and_group, money = numbers.split()
    before_noon, after_noon = am_pm.split("|")
    named = (pair.split("=") for pair in symbols.split())
    return Locale(
        words=_WORDS[words],
        am_pm=(before_noon, after_noon),
        date=date,
        decimal=point_and_group[0],
        group=point_and_group[1].replace("~", NBSP),
        money=money.replace("~", NBSP),
        symbols={code: symbol.replace("~", NBSP) for code, symbol in named},
    )


_LOCALES = {
    "af": _locale("af", "vm.|nm.", "%d %B %Y", ",~ -¤#", "ZAR=R EUR=€ GBP=£ JPY=JP¥"),
    "cs": _locale("cs", "dop.|odp.", "%-d. %B %Y", ",~ -#~¤", "EUR=€ USD=US$ GBP=£ JPY=JP¥ CZK=Kč"),
    "da": _locale("da", "AM|PM", "%-d. %B %Y", ",. -#~¤", "EUR=€ USD=US$ GBP=£ JPY=JP¥ DKK=kr."),
    "de": _locale("de", "AM|PM", "%-d. %B %Y", ",. -#~¤", "EUR=€ USD=$ GBP=£ JPY=¥"),
    "de-at": _locale("de-at", "AM|PM", "%-d. %B %Y", ",. -¤~#", "EUR=€ USD=$ GBP=£ JPY=¥"),
    "de-ch": _locale("de", "AM|PM", "%-d. %B %Y", ".’ ¤-#", "USD=$ GBP=£ JPY=¥"),
    "en": _locale("en", "AM|PM", "%B %-d, %Y", "., -¤#", "EUR=€ USD=$ GBP=£ JPY=¥"),
    "en-au": _locale("en-gb", "am|pm", "%-d %B %Y", "., -¤#", "AUD=$"),
    "en-ca": _locale(
        "en", "a.m.|p.m.", "%B %-d, %Y", "., -¤#", "EUR=€ USD=US$ GBP=£ JPY=JP¥ CAD=$"
    ),
    "en-gb": _locale("en-gb", "am|pm", "%-d %B %Y", "., -¤#", "EUR=€ USD=US$ GBP=£ JPY=JP¥"),
    "en-ie": _locale("en-gb", "am|pm", "%-d %B %Y", "., -¤#", "EUR=€ USD=US$ GBP=£ JPY=JP¥"),
    "en-nz": _locale("en-gb", "am|pm", "%-d %B %Y", "., -¤#", "EUR=€ USD=US$ GBP=£ JPY=JP¥ NZD=$"),
    "en-za": _locale("en-gb", "am|pm", "%d %B %Y", ",~ -¤#", "ZAR=R EUR=€ USD=US$ GBP=£ JPY=JP¥"),
    "es": _locale("es", "a.m.|p.m.", "%-d de %B de %Y", ",. -#~¤", "EUR=€ USD=US$"),
    "es-mx": _locale("es", "a.m.|p.m.", "%-d de %B de %Y", "., -¤#", "MXN=$"),
    "es-us": _locale("es", "a.m.|p.m.", "%-d de %B de %Y", "., -¤#", "USD=$ JPY=¥"),
    "fi": _locale("fi", "ap.|ip.", "%-d. %B %Y", ",~ -#~¤", "EUR=€ USD=$ GBP=£ JPY=¥"),
    "fr": _locale("fr", "AM|PM", "%-d %B %Y", ",~ -#~¤", "EUR=€ USD=$US GBP=£GB"),
    "fr-ca": _locale("fr", "a.m.|p.m.", "%-d %B %Y", ",~ -#~¤", "EUR=€ USD=$~US GBP=£ JPY=¥ CAD=$"),
    "it": _locale("it", "AM|PM", "%-d %B %Y", ",. -#~¤", "EUR=€ GBP=£"),
    "nb": _locale("nb", "a.m.|p.m.", "%-d. %B %Y", ",~ -#~¤", "EUR=€ GBP=£ NOK=kr"),
    "nl": _locale("nl", "a.m.|p.m.", "%-d %B %Y", ",. ¤~-#", "EUR=€ USD=US$ GBP=£ JPY=JP¥"),
    "pl": _locale("pl", "AM|PM", "%-d %B %Y", ",~ -#~¤", "EUR=€ PLN=zł"),
    "pt": _locale(
        "pt", "AM|PM", "%-d de %B de %Y", ",. -¤~#", "EUR=€ USD=US$ GBP=£ JPY=JP¥ BRL=R$"
    ),
    "pt-pt": _locale(
        "pt", "a.m.|p.m.", "%-d de %B de %Y", ",~ -#~¤", "EUR=€ USD=US$ GBP=£ JPY=JP¥"
    ),
    "sv": _locale("sv", "fm|em", "%-d %B %Y", ",~ -#~¤", "EUR=€ USD=US$ SEK=kr"),
    "tr": _locale("tr", "ÖÖ|ÖS", "%-d %B %Y", ",. -¤#", "EUR=€ USD=$ GBP=£ JPY=¥ TRY=₺"),
    "zu": _locale("zu", "AM|PM", "%B %-d, %Y", "., -¤#", "ZAR=R EUR=€ USD=$ GBP=£ JPY=JP¥"),
}
