"""The `money` filter: an amount in a currency, as the customer's locale writes it.

Amounts are rounded, halves away from zero, to as many digits as ISO 4217 gives the currency. Where
a part is HTML the spaces do not break; in plain text they are ordinary ones, which keep an SMS in
its small alphabet.
"""

from decimal import ROUND_HALF_UP, Context, Decimal

from sojourn.rendering.budget import NUMBER_SIZE
from sojourn.rendering.failure import Unfit
from sojourn.rendering.locales import NBSP, find_locale
from sojourn.rendering.scope import Scene
from sojourn.rendering.values import number, text

_CODES = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF
GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK
LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD
OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN
SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF
YER ZAR ZMW ZWG
"""
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"

CURRENCIES = frozenset(_CODES.split())
"""The codes of ISO 4217 in use."""

_DIGITS = dict.fromkeys(_NO_DIGITS.split(), 0) | dict.fromkeys(_THREE_DIGITS.split(), 3)
"""Digits after the point where they are not two."""

_EXACT = Context(prec=2 * NUMBER_SIZE)


def money(scene: Scene, value: object, currency: object) -> str:
    """An amount, a number or a text written like one, in a currency (ISO 4217); else Unfit."""
    code = text(currency)
    if problem := problem_in_currency(code):
        raise Unfit(problem)
    locale = find_locale(scene.locale)
    smallest = Decimal(1).scaleb(-_DIGITS.get(code, 2))
    amount = Decimal(number(value)).quantize(smallest, ROUND_HALF_UP, _EXACT)
    digits = f"{abs(amount):,f}".translate({ord(","): locale.group, ord("."): locale.decimal})
    symbol = locale.symbols.get(code, code)
    pattern = locale.money if amount < 0 else locale.money.replace("-", "")
    shown = _spaced(pattern, symbol).replace("#", digits).replace("¤", symbol)
    return shown if scene.markup else shown.replace(NBSP, " ").replace("’", "'")  # noqa: RUF001


def problem_in_currency(code: str) -> str | None:
    """What is wrong with a currency's code, if anything."""
    return None if code in CURRENCIES else f"`{code}` is not a currency code of ISO 4217"


def _spaced(pattern: str, symbol: str) -> str:
    """Keep a symbol made of letters apart from the number that follows it."""
    if symbol[-1].isalpha():
        return pattern.replace("¤#", f"¤{NBSP}#").replace("¤-#", f"¤{NBSP}-#")
    return pattern
