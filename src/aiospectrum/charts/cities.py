"""Where data centres are, by the code of the nearest airport, which the API calls ``coloName``: pure.

Source: IATA's location codes; some of the more than three hundred cities of Cloudflare's network.
"""

from typing import Final

__all__ = ["place_name"]

_TEXT: Final = """
ACC Accra; AKL Auckland; AMM Amman; AMS Amsterdam; ARN Stockholm; ATH Athens; ATL Atlanta; AUS Austin; BCN
Barcelona; BEG Belgrade; BKK Bangkok; BLR Bengaluru; BNE Brisbane; BOG Bogotá; BOM Mumbai; BOS Boston; BRU
Brussels; BUD Budapest; BUF Buffalo; CAI Cairo; CCU Kolkata; CDG Paris; CGK Jakarta; CLT Charlotte; CMB Colombo;
CMH Columbus; CMN Casablanca; CPH Copenhagen; CPT Cape Town; DAC Dhaka; DEL Delhi; DEN Denver; DFW Dallas; DKR
Dakar; DME Moscow; DOH Doha; DTW Detroit; DUB Dublin; DUS Düsseldorf; DXB Dubai; EDI Edinburgh; EWR Newark; EZE
Buenos Aires; FCO Rome; FRA Frankfurt; GIG Rio de Janeiro; GRU São Paulo; GVA Geneva; HAM Hamburg; HAN Hanoi;
HEL Helsinki; HKG Hong Kong; IAD Ashburn; IAH Houston; ICN Seoul; IST Istanbul; JED Jeddah; JNB Johannesburg;
KBP Kyiv; KHI Karachi; KIX Osaka; KUL Kuala Lumpur; LAS Las Vegas; LAX Los Angeles; LHR London; LIM Lima; LIS
Lisbon; LOS Lagos; MAA Chennai; MAD Madrid; MAN Manchester; MCI Kansas City; MDE Medellín; MEL Melbourne; MEX
Mexico City; MIA Miami; MNL Manila; MRS Marseille; MSP Minneapolis; MUC Munich; MXP Milan; NBO Nairobi; NRT
Tokyo; ORD Chicago; OSL Oslo; OTP Bucharest; PDX Portland; PER Perth; PHL Philadelphia; PHX Phoenix; PRG Prague;
RIX Riga; RUH Riyadh; SCL Santiago; SEA Seattle; SFO San Francisco; SGN Ho Chi Minh City; SIN Singapore; SJC San
Jose; SLC Salt Lake City; SOF Sofia; STL St. Louis; STR Stuttgart; SYD Sydney; TLL Tallinn; TLV Tel Aviv; TPA
Tampa; TPE Taipei; TXL Berlin; VIE Vienna; VNO Vilnius; WAW Warsaw; YUL Montréal; YVR Vancouver; YYZ Toronto;
ZAG Zagreb; ZRH Zurich
"""
_CITIES: Final = {each[:3]: each[4:] for each in " ".join(_TEXT.split()).split("; ")}


def place_name(code: str) -> str:
    """Name a data centre: the code, and the city if it is known."""
    city = _CITIES.get(code)
    return code if city is None else f"{code} {city}"
