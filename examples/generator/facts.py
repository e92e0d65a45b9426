"""Short lists of what timetables say: module codes, venues, days, study programmes."""

from __future__ import annotations

SUBJECTS = (
    "ABV", "AFR", "BEM", "BER", "BIE", "BME", "BOT", "CHM", "CMY", "COS", "EAI", "EBN", "EKN", "ELI", "EMR", "ENG",
    "FBS", "FIL", "FRK", "FSK", "GLY", "GTS", "IMY", "INF", "INL", "JPO", "KRM", "LEK", "MLB", "MOW", "NSW", "OBS",
    "PHY", "PUB", "PWT", "REV", "SOC", "STK", "TRA", "VIO", "WST", "WTW", "ZEN", "ZUL",
)  # fmt: skip

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
WEEK = (*DAYS, "Saturday", "Sunday")

HALLS = (
    "IT 4-4", "IT 4-1", "IT 2-23", "IT 2-24", "IT 2-26", "Centenary 1", "Centenary 2", "Centenary 6",
    "EMS 4-150", "EMS 4-152", "Thuto 1-1", "Thuto 3-2", "HB 4-1", "HB 4-3", "HB 3-14", "Roos hall",
    "vd Bijl hall", "Muller hall", "Louw hall", "Te Water hall", "Eng III - 6", "Eng III - 7", "AE Annex",
    "AE du Toit Auditorium", "Large Chemistry hall", "Agric Annex 2-9", "Theology 2-1", "Zoology 2-11",
    "Lecture Theatre L5", "Aldoel Bld 2-89/90", "Law building 1-54", "Plant Science Auditorium 3-50",
)  # fmt: skip

LABS = (
    "Informatorium Blue Lab 1", "Informatorium Blue Lab 2", "Informatorium Blue Lab 3", "Informatorium Red Lab",
    "Informatorium Green Lab", "Informatorium Grey Lab", "Informatorium Brown Lab", "Informatorium Maroon Lab",
    "Informatorium Orange Lab", "Informatorium Purple Lab", "Informatorium SIT 1 lab", "Informatorium CBT Lab 1",
    "Informatorium CBT Lab 2", "Informatorium CBT Lab 3", "IT Open Bronze Lab", "IT Open Copper Lab",
    "IT Open Gold Lab", "IT Open Silver Lab", "Eng III - Electronic Lab B", "Aldoel Building IT-32 AIM Lab",
)  # fmt: skip

CONSULT = "Consult Department"
LONG_VENUES = ("Only Theology Students: Consult AIM Labs", "Eng I Mineral Sciences and Metallurgy 4-2/5 and 4-7")
EXAM_HALLS = (*HALLS, "Thuto 3-1", "IT Building CBT Labs 1,2,3", "Rembrandt Hall and Annex")

CAMPUSES = (("HATFIELD", "HATF"), ("GROENKLOOF", "GROE"), ("MAMELODI", "MAME"))
PROGRAMMES = ("r3", "R2", "e3r2z3", "E3R3Z3", "m1", "M2", "b3m3", "C4", "BCOM", "BDV1 BTH1 DIP1")
COMMENTS = ("Bring a calculator", "Open book", "Computer based", "Combined with the previous paper")
