"""The report's styles: light and dark, a table or cards as there is room, A4 upright on paper."""

from __future__ import annotations

from ..pictures.look import COLORS

_BLUE, _LIGHT_BLUE = COLORS[4], COLORS[1]

STYLES = f"""
:root{{color-scheme:light;--ground:#fff;--ink:#1a1a1a;--soft:#555;--line:#c9c9c9;--faint:#f3f4f6;--warn:#8a1100;
 --link:#004f80;--bar:{_BLUE}}}
@media screen and (prefers-color-scheme:dark){{:root{{color-scheme:dark;--ground:#15181c;--ink:#e8e8e8;--soft:#b3b3b3;
 --line:#474c53;--faint:#20242a;--warn:#ff9d8a;--link:{_LIGHT_BLUE};--bar:{_LIGHT_BLUE}}}}}
*{{box-sizing:border-box}}
html{{-webkit-text-size-adjust:100%}}
body{{margin:0 auto;padding:1rem;max-width:76rem;background:var(--ground);color:var(--ink);
 font:1rem/1.45 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}}
h1{{font-size:1.5rem;line-height:1.25;margin:0 0 .25rem}}
h2{{font-size:1.2rem;margin:2rem 0 .5rem;padding-top:.5rem;border-top:1px solid var(--line)}}
h3{{font-size:1rem;margin:1.25rem 0 .25rem}}
p{{margin:.25rem 0;max-width:60rem}}
a{{color:var(--link)}}
.soft,footer,figcaption{{color:var(--soft);font-size:.9rem}}
.warn{{color:var(--warn);font-weight:600}}
.unseen{{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}}
nav ul,.figures{{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;margin:.75rem 0;padding:0}}
.figures{{gap:.5rem;display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr))}}
.figures div{{display:flex;flex-direction:column-reverse;justify-content:flex-end;margin:0;padding:.5rem .75rem;
 background:var(--faint);border-left:.3rem solid var(--bar)}}
.figures .bad{{border-left-color:var(--warn)}}
.figures dt{{font-size:.9rem;line-height:1.25}}
.figures dd{{margin:0;font-size:1.5rem;line-height:1.2;font-weight:600;font-variant-numeric:tabular-nums}}
.figures .bad dd::before{{content:"! ";color:var(--warn)}}
table{{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.9375rem}}
th,td{{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line)}}
thead th{{font-size:.875rem;color:var(--soft);vertical-align:bottom}}
tbody th{{font-weight:600}}
.number{{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}}
.cards table,.charts table{{table-layout:fixed}}
.cards th:first-child{{width:28%}}
.charts th.number{{width:7.5rem}}
td ul{{margin:0;padding:0;list-style:none}}
td li+li{{margin-top:.2rem}}
dl.asked{{display:grid;grid-template-columns:minmax(7rem,14rem) 1fr;gap:.25rem 1rem;margin:.5rem 0}}
.asked dt{{color:var(--soft)}}
.asked dd{{margin:0;grid-column:2}}
.charts{{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:1rem 2rem}}
figure{{margin:0;max-width:30rem}}
svg{{display:block;width:100%;height:auto}}
svg text{{font:12px system-ui,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--ink)}}
svg .axis{{fill:var(--soft);font-style:italic}}
.left{{text-anchor:end}}
.middle{{text-anchor:middle}}
.bar{{fill:var(--bar)}}
.base{{stroke:var(--ink)}}
.grid{{stroke:var(--line)}}
summary{{cursor:pointer;padding:.25rem 0;color:var(--soft)}}
footer{{margin-top:2rem}}
@media screen and (max-width:44rem){{
.cards thead{{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}}
.cards table,.cards tbody,.cards tr,.cards td,.cards tbody th{{display:block}}
.cards tr{{padding:.5rem 0;border-bottom:1px solid var(--line)}}
.cards th,.cards td,.cards th:first-child{{border:0;padding:.1rem 0;width:auto}}
.cards td[data-label]::before{{content:attr(data-label) ": ";color:var(--soft)}}
.cards .number{{text-align:left;white-space:normal}}
dl.asked{{display:block}}
.asked dd{{margin:0 0 .5rem}}
}}
@media print{{
@page{{size:A4;margin:14mm}}
*{{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
html{{font-size:8.5pt}}
body{{padding:0;max-width:none}}
nav,details{{display:none}}
a{{color:inherit;text-decoration:none}}
h2,h3,thead{{break-after:avoid}}
tr,figure,.figures div{{break-inside:avoid}}
.charts{{grid-template-columns:1fr 1fr}}
}}
"""
