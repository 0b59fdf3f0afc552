"""Style: how the page looks on a phone, on a desk and on paper, light and dark."""

CSS = """
:root{--back:#f6f7f9;--card:#fff;--ink:#1f2328;--soft:#57606a;--rule:#d8dee4;--track:#eaedf1;
--email:#1d5fd0;--sms:#b35900;--push:#0b7a6b;--bad:#b42318;--good:#1a7f37;--held:#6e7781;
color-scheme:light}
@media (prefers-color-scheme:dark){:root{--back:#0d1117;--card:#161b22;--ink:#e6edf3;
--soft:#9aa5b1;--rule:#30363d;--track:#262c36;--email:#79b0ff;--sms:#f0a35e;--push:#4fd1bd;
--bad:#ff8f85;--good:#56d364;--held:#768390;color-scheme:dark}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
main{max-width:64rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem;margin:.5rem 0 .2rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2rem 0 .6rem}
h3{font-size:1rem;margin:0 0 .4rem;overflow-wrap:anywhere}
.small{font-size:.85rem;margin:1rem 0 .3rem;color:var(--soft);font-weight:600}
p{margin:.3rem 0}
nav a{display:inline-block;margin:.2rem .8rem .2rem 0;color:var(--email)}
.soft{color:var(--soft);font-size:.87rem}
.card{background:var(--card);border:1px solid var(--rule);border-radius:.6rem;
padding:.9rem;margin:0 0 .9rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.5rem,1fr));gap:.6rem;
margin:.8rem 0}
.tile{background:var(--card);border:1px solid var(--rule);border-radius:.6rem;padding:.6rem .8rem}
.tile b{display:block;font-size:1.35rem;line-height:1.2;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:.82rem}
.chips{margin:.2rem 0}
.chip{display:inline-block;border:1px solid var(--rule);border-radius:1rem;padding:.02rem .55rem;
margin:.1rem .25rem .1rem 0;font-size:.82rem;overflow-wrap:anywhere}
.row{display:grid;grid-template-columns:minmax(6rem,13rem) minmax(3rem,1fr) auto;gap:.1rem .6rem;
align-items:center;padding:.16rem 0}
.row .name{overflow-wrap:anywhere;font-size:.9rem;line-height:1.25}
.row .count{font-variant-numeric:tabular-nums;font-size:.87rem;text-align:right;min-width:2.5rem}
.row .note{grid-column:1/-1;margin:-.05rem 0 .15rem;color:var(--soft);font-size:.8rem;
overflow-wrap:anywhere}
.bar{display:flex;height:.85rem;background:var(--track);border-radius:.25rem;overflow:hidden}
.bar i{display:block;height:100%;background:var(--held)}
.email{background:var(--email)!important}.sms{background:var(--sms)!important}
.push{background:var(--push)!important}.bad{background:var(--bad)!important}
.key{font-size:.82rem;color:var(--soft)}
.key i{display:inline-block;width:.7rem;height:.7rem;border-radius:.15rem;margin:0 .3rem 0 .7rem}
.time{display:flex;align-items:flex-end;gap:1px;height:9rem;border-bottom:1px solid var(--rule)}
.time div{flex:1 1 0;min-width:0;display:flex;flex-direction:column-reverse;height:100%}
.time i{display:block;width:100%}
.axis{display:flex;justify-content:space-between;color:var(--soft);font-size:.8rem}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch}
.scroll img{display:block;max-width:none}
table{border-collapse:collapse;width:100%;font-size:.87rem}
th,td{text-align:left;padding:.25rem .6rem .25rem 0;border-top:1px solid var(--rule);
vertical-align:top;overflow-wrap:break-word}
tbody th{font-weight:400}
thead th{border-top:0;color:var(--soft);font-weight:600}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:normal}
details{background:var(--card);border:1px solid var(--rule);border-radius:.6rem;
margin:0 0 .5rem;padding:0 .9rem}
.card details{border:0;padding:0;margin:.6rem 0 0}
summary{cursor:pointer;padding:.55rem 0;overflow-wrap:anywhere}
details[open]>summary{border-bottom:1px solid var(--rule)}
.card details[open]>summary{border-bottom:0}
.tally{float:right;color:var(--soft);font-size:.87rem;margin-left:.8rem}
ol{list-style:none;margin:.5rem 0;padding:0}
ol.line li{display:grid;grid-template-columns:11.6rem 1fr;gap:0 .8rem;padding:.22rem 0 .22rem .7rem;
border-left:3px solid var(--rule)}
ol.line time{color:var(--soft);font-size:.8rem;font-variant-numeric:tabular-nums;
line-height:1.6}
ol.line span{overflow-wrap:anywhere;min-width:0}
ol.line .soft{display:block}
ol.line .k-sent{border-color:var(--good)}ol.line .k-unsent{border-color:var(--bad)}
ol.line .k-entered,ol.line .k-exited,ol.line .k-finished{border-color:var(--held)}
ol.line .k-converted{border-color:var(--email)}
.k-sent b{color:var(--good)}.k-unsent b{color:var(--bad)}.k-converted b{color:var(--email)}
b{font-weight:600}
input{font:inherit;width:100%;padding:.5rem .7rem;border:1px solid var(--rule);
border-radius:.5rem;background:var(--card);color:var(--ink);margin:0 0 .7rem}
[hidden],.paper{display:none!important}
@media (max-width:36rem){main{padding:.7rem}.card,details{padding-left:.7rem;padding-right:.7rem}
.card details{padding:0}
.row{grid-template-columns:1fr auto}.row .name{grid-column:1/-1}
ol.line li{grid-template-columns:1fr}.tally{float:none;display:block;margin:0}
.time{height:7rem}}
@media print{:root{--back:#fff;--card:#fff;--ink:#000;--soft:#444;--rule:#bbb;--track:#eee;
--email:#1d5fd0;--sms:#b35900;--push:#0b7a6b;--bad:#b42318;--good:#1a7f37;--held:#777;
color-scheme:light}
.paper{display:block!important}body{font-size:10pt}main{max-width:none;padding:0}nav,input{display:none}
.tile,ol.line li,.row,tr{break-inside:avoid}h2,h3,h4{break-after:avoid}
details:not([open]){display:none}
.scroll{overflow:visible}.scroll img{max-width:100%;height:auto}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
""".strip()

SCRIPT = """
const box=document.getElementById("find"),all=[...document.querySelectorAll("details.customer")];
box.hidden=false;
box.addEventListener("input",()=>{const wanted=box.value.toLowerCase();let shown=0;
for(const item of all){const fits=item.dataset.customer.toLowerCase().includes(wanted);
item.hidden=!fits;shown+=fits}
document.getElementById("found").textContent=wanted?shown+" of "+all.length+" fit":""});
""".strip()
"""Without it everything is there all the same; it only hides who does not fit."""
