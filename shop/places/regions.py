"""States and provinces, by ISO 3166-2 code without the country, where taxes or shipping go by them."""

from typing import Final

_AU: Final = (
    "ACT:Australian Capital Territory NSW:New South Wales NT:Northern Territory QLD:Queensland "
    "SA:South Australia TAS:Tasmania VIC:Victoria WA:Western Australia"
)
_CA: Final = (
    "AB:Alberta BC:British Columbia MB:Manitoba NB:New Brunswick NL:Newfoundland and Labrador NS:Nova Scotia "
    "NT:Northwest Territories NU:Nunavut ON:Ontario PE:Prince Edward Island QC:Quebec SK:Saskatchewan "
    "YT:Yukon"
)
_US: Final = (
    "AL:Alabama AK:Alaska AZ:Arizona AR:Arkansas CA:California CO:Colorado CT:Connecticut DE:Delaware "
    "DC:District of Columbia FL:Florida GA:Georgia HI:Hawaii ID:Idaho IL:Illinois IN:Indiana IA:Iowa "
    "KS:Kansas KY:Kentucky LA:Louisiana ME:Maine MD:Maryland MA:Massachusetts MI:Michigan MN:Minnesota "
    "MS:Mississippi MO:Missouri MT:Montana NE:Nebraska NV:Nevada NH:New Hampshire NJ:New Jersey "
    "NM:New Mexico NY:New York NC:North Carolina ND:North Dakota OH:Ohio OK:Oklahoma OR:Oregon "
    "PA:Pennsylvania RI:Rhode Island SC:South Carolina SD:South Dakota TN:Tennessee TX:Texas UT:Utah "
    "VT:Vermont VA:Virginia WA:Washington WV:West Virginia WI:Wisconsin WY:Wyoming AA:Armed Forces Americas "
    "AE:Armed Forces Europe AP:Armed Forces Pacific AS:American Samoa GU:Guam MP:Northern Mariana Islands "
    "PR:Puerto Rico VI:U.S. Virgin Islands"
)


def _read(listed: str) -> dict[str, str]:
    """Return names by code: a word with a colon begins the next one."""
    regions: dict[str, str] = {}
    code = ""
    for word in listed.split():
        head, colon, rest = word.partition(":")
        if colon:
            code = head
        regions[code] = rest if colon else f"{regions[code]} {word}"
    return regions


# Elsewhere a region is whatever people write, and nothing depends on it unless staff say so.
REGIONS: Final = {"AU": _read(_AU), "CA": _read(_CA), "US": _read(_US)}
_CODES: Final = {
    country: {name.casefold(): code for code, name in regions.items()} for country, regions in REGIONS.items()
}


def find_region(*, country: str, text: str) -> str:
    """Return a region's code, given that or its name; what is not known comes back in capitals."""
    written = " ".join(text.split())
    return _CODES.get(country, {}).get(written.casefold(), written.upper().removeprefix(f"{country}-"))


def is_region(*, country: str, text: str) -> bool:
    """Say whether a region can be one of its country: anything can where none are listed."""
    return country not in REGIONS or find_region(country=country, text=text) in REGIONS[country]
