"""The page's styles: a list on a phone, a grid true to time on a screen, one A4 on paper."""

from __future__ import annotations

from .look import color, edge, tint

_BASE = """
:root{color-scheme:light;--ink:#1a1a1a;--soft:#555;--line:#c9c9c9;--warn:#8a1100}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;padding:1rem;max-width:90rem;background:#fff;color:var(--ink);
 font:1rem/1.4 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.4rem;margin:0 0 .5rem}
h2{font-size:1.15rem;margin:1.5rem 0 .5rem}
h3{font-size:1rem;margin:1rem 0 .25rem}
p{margin:.25rem 0}
ol[role=list],ul[role=list]{list-style:none;margin:0;padding:0}
.modules{display:flex;flex-wrap:wrap;gap:.4rem}
.modules li{padding:.1rem .6rem;border-left:.5rem solid}
.block{border-left:.5rem solid;padding:.3rem .6rem;margin:0 0 .35rem;color:var(--ink)}
.block .time{white-space:nowrap;font-weight:600;font-variant-numeric:tabular-nums}
.mark{font-style:normal;font-weight:700;color:var(--warn);white-space:nowrap}
.clash{outline:2px solid var(--warn);outline-offset:-2px}
.tentative{background-image:repeating-linear-gradient(135deg,transparent 0 7px,rgba(255,255,255,.75) 7px 14px)}
.tentative:not(.clash){outline:2px dashed #444;outline-offset:-2px}
.cancelled{background:#eee!important;color:#444}
.cancelled strong,.cancelled .group,.cancelled .where,
.cancelled .venue,.cancelled .time,.cancelled .date{text-decoration:line-through}
.venue{display:inline-block;max-width:100%}
.hours,.free,.everything{display:none}
.text{display:flex;flex-wrap:wrap;gap:0 .5rem;align-items:baseline}
.week .time{order:-1}
.dated li{display:flex;flex-wrap:wrap;gap:0 .75rem}
.dated .where{flex-basis:100%}
.clashes ol{margin:0;padding-left:2rem}
.clashes li{margin:.1rem 0}
.notes{color:var(--soft);font-size:.9rem}
footer{color:var(--soft);font-size:.85rem;margin-top:1.5rem}
"""

# The grid true to time, on a screen with room and on paper.
# A block shows the lines it has room for, as `room` counts them, and "…" at the end of the last if there is more.
_WIDE = r"""
.days{display:grid;grid-template-columns:2.6rem var(--days);column-gap:4px}
.listed .days{grid-template-columns:var(--days);column-gap:.75rem}
.week h3{margin:0 0 .25rem;text-align:center;font-size:.95rem}
.day,.day.free,.hours{display:flex;flex-direction:column;min-width:0}
.hours{padding-top:1.7rem}
.hours div,.drawn ol{position:relative;flex:1 1 auto;height:calc(var(--hours)*4.1rem)}
.hours span{position:absolute;right:4px;font-size:.75rem;line-height:1;transform:translateY(-50%);color:var(--soft)}
.drawn ol{border:1px solid var(--line);
 background:repeating-linear-gradient(to bottom,var(--line) 0 1px,transparent 1px calc(100%/var(--hours)))}
.week.drawn .block{position:absolute;top:var(--t);left:var(--l);width:calc(var(--w) - 2px);height:calc(var(--h) - 2px);
 margin:1px;padding:2px 4px;border-left-width:6px;
 overflow:hidden;font-size:.75rem;line-height:1.2}
.drawn .text{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:var(--screen);overflow:hidden}
.drawn .block strong::after{content:"\A";white-space:pre}
.tight.drawn .block strong::after{content:none}
.week.tight.drawn .block{font-size:.6875rem}
.drawn .venue{display:inline}
.drawn strong{white-space:pre-wrap}
.drawn .mark{white-space:normal}
.drawn .block .time{white-space:normal;font-weight:400}
.everything{display:block}
.everything h3{margin:.25rem 0}
.everything ol{columns:22rem;column-gap:1rem;font-size:.8125rem;line-height:1.35}
.everything li{break-inside:avoid;padding-left:1em;text-indent:-1em}
.single.drawn .campus{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.listed .block{font-size:.8125rem}
.dated li{display:grid;grid-template-columns:9rem 8rem 1fr 1.4fr;align-items:baseline}
"""

_SCREEN = """
.week.drawn .block:hover{height:auto;min-height:calc(var(--h) - 2px);z-index:2;overflow:visible}
.week.drawn .block:hover .text{-webkit-line-clamp:none;overflow:visible}
"""

_PAPER = """
@page{size:A4 landscape;margin:8mm}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
html{font-size:8.5pt}
body{padding:0;max-width:none}
header{display:flex;gap:4mm;align-items:baseline;flex-wrap:wrap}
h1{font-size:11pt;margin:0}
h2{font-size:9pt;margin:1mm 0 .5mm;break-after:avoid}
h3{break-after:avoid}
.modules{gap:1mm}
.modules li{padding:0 1.5mm;border-left-width:2mm}
.hours div,.drawn ol{height:150mm}
.week.drawn .block{font-size:var(--size);line-height:1.12;padding:.3mm .8mm;border-left-width:1.6mm}
.week.tight.drawn .block{font-size:var(--size)}
.drawn .text{-webkit-line-clamp:var(--paper)}
.drawn .block strong{font-size:inherit}
.drawn .block strong::after{content:none}
.dated .venue,.notes p{display:inline}
.roomy,.everything.roomy{display:none}
.everything h3{font-size:6pt;margin:0}
.everything ol{columns:4;column-gap:3mm;font-size:6pt;line-height:1.15}
.clash,.tentative:not(.clash){outline-width:.3mm;outline-offset:-.3mm}
.listed .day{display:block}
.listed .block{font-size:6pt;padding:0 1mm;margin-bottom:.4mm;break-inside:avoid}
.week:not(:first-child){break-before:page}
.dated ol{columns:3;column-gap:3mm}
.dated li{display:block;font-size:6pt;line-height:1.15;padding:.4mm 1mm;margin:0 0 .4mm;
 border-left-width:1.6mm;break-inside:avoid}
.clashes ol{columns:2;font-size:6.5pt;line-height:1.15;padding-left:5mm}
.notes,footer{font-size:6pt;line-height:1.15;margin-top:.5mm}
.notes h2{display:none}
.one{display:flex;flex-direction:column;height:192mm;padding-right:.5mm;overflow:hidden}
.one main{display:flex;flex-direction:column;flex:1 1 0;min-height:0}
.one .weeks{display:flex;gap:4mm;flex:1 1 0;min-height:0}
.one .week{display:flex;flex-direction:column;flex:1 1 0;min-width:0;min-height:0;break-before:auto}
.one .days{flex:1 1 0;min-height:0}
.one .hours div,.one .drawn ol{height:auto;min-height:0}
.one .everything,.one .dated,.one .clashes,.one .notes,.one footer,.one header{flex:none}
"""


def stylesheet(modules: int, window: int) -> str:
    """Return the styles of a page with so many modules, whose grid has room in a window so many pixels wide."""
    wide = f"screen and (min-width:{window / 16:g}rem)"
    colors = [
        f".m{index}{{border-left-color:{color(index)}!important;border-left-style:{edge(index)}!important;"
        f"background-color:{tint(index)}}}"
        for index in range(modules)
    ]
    return (
        "\n".join([_BASE.strip(), *colors])
        + f"\n@media {wide},print{{{_WIDE}}}"
        + f"\n@media {wide}{{{_SCREEN}}}"
        + f"\n@media print{{{_PAPER}}}\n"
    )
