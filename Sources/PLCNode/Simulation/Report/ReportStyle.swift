/// How a report looks: on a wide screen, on a telephone, on grey paper, from left to right and from right to left.
enum ReportStyle {
    static let sheet: StaticString = """
        :root{color-scheme:light;--ink:#1b1b1b;--soft:#595959;--line:#c9c9c9;--main:#0b5c63;--bad:#a3241b}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:70rem;padding:1rem;color:var(--ink);background:#fff;font:1rem/1.55 "Segoe UI","Noto Sans",system-ui,sans-serif}
        [dir=rtl] body,body[dir=rtl]{font-family:"Noto Naskh Arabic","Noto Sans Arabic","Segoe UI",Tahoma,"Geeza Pro",sans-serif;line-height:1.8}
        h1{font-size:1.7rem;line-height:1.3;margin:.2rem 0}h2{font-size:1.25rem;line-height:1.35;margin:2.4rem 0 .3rem;border-top:2px solid var(--ink);padding-top:.6rem}
        p{margin:.4rem 0;max-width:48rem}.soft,figcaption,.unit{color:var(--soft)}.soft,figcaption{font-size:.9rem}
        .verdict{border:2px solid var(--main);border-inline-start-width:.8rem;padding:.6rem 1rem;margin:1rem 0;font-size:1.1rem}
        .verdict.bad{border-color:var(--bad);border-style:double;border-width:6px;border-inline-start-width:1rem}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.6rem;margin:1rem 0;padding:0}
        .figures div{border:1px solid var(--line);padding:.4rem .7rem}.figures dt{color:var(--soft);font-size:.85rem}.figures dd{margin:0;font-size:1.25rem;font-weight:600}
        table{border-collapse:collapse;margin:.6rem 0;font-size:.9rem;max-width:100%}th,td{border:1px solid var(--line);padding:.2rem .5rem;text-align:start;vertical-align:top}
        th{background:#f1f1f1}td.n{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}tr.bad td{font-weight:600}
        .wide{overflow-x:auto}figure{margin:.8rem 0}figcaption{margin-bottom:.5rem;max-width:48rem}
        .row{display:grid;grid-template-columns:minmax(9rem,15rem) 1fr minmax(5rem,8rem);gap:0 .6rem;align-items:center;border-bottom:1px solid #ececec;padding:1px 0}
        .row .name{font-size:.85rem;line-height:1.3;overflow-wrap:anywhere}.row .value{font-size:.85rem;line-height:1.3;font-variant-numeric:tabular-nums}
        .row svg{display:block;width:100%;height:1.05rem}.row svg.lag{height:1.9rem}.row svg.bars{height:.95rem}
        [dir=rtl] svg{transform:scaleX(-1)}
        .axis{border:0;font-size:.75rem;color:var(--soft)}.scale{position:relative;height:1.2rem;display:block}.scale span{position:absolute;inset-inline-start:var(--at);white-space:nowrap;line-height:1.2rem}
        .curve{display:grid;grid-template-columns:3.2rem 1fr;max-width:54rem;margin-inline-end:2rem}.curve svg{display:block;width:100%;height:17rem;border:1px solid var(--line)}
        .curve .levels{position:relative;font-size:.75rem;color:var(--soft)}.curve .levels span{position:absolute;inset-block-start:var(--at);inset-inline-end:.4rem;transform:translateY(-50%);white-space:nowrap}
        .curve .scale{grid-column:2;height:1.6rem;font-size:.75rem;color:var(--soft)}.curve .scale span{transform:translateX(-50%)}[dir=rtl] .curve .scale span{transform:translateX(50%)}
        .legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:.85rem;padding:0;margin:.3rem 0;list-style:none}.legend li{display:flex;align-items:center;gap:.4rem}.legend svg{width:2.4rem;height:1rem;flex:none}
        svg.strip,svg.lag{background:#fff}.open{fill:var(--main)}.closed{fill:#a9a9a9}.cut{fill:url(#hatch-cut)}.down{fill:url(#hatch-down)}
        .forth{fill:var(--main)}.back{fill:url(#hatch-back)}.behind{fill:#2f4858}.shade{fill:#efe3e1}.count{fill:#595959}
        .tick{fill:none;stroke:#d5d5d5;stroke-width:1px;vector-effect:non-scaling-stroke}
        .line{fill:none;stroke:var(--main);stroke-width:3px;vector-effect:non-scaling-stroke;stroke-linejoin:round}.line.b{stroke:#1b1b1b;stroke-dasharray:9 5}.line.c{stroke:#a3241b;stroke-dasharray:2 4}.line.d{stroke:#6b6b6b;stroke-dasharray:14 4 2 4}
        .hatches{position:absolute;width:0;height:0}
        details{margin:.4rem 0}summary{cursor:pointer;color:var(--main);min-height:1.8rem}
        pre{direction:ltr;text-align:left;overflow-x:auto;border:1px solid var(--line);padding:.6rem;font:.8rem/1.4 monospace;margin:.4rem 0}
        footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:.5rem;font-size:.85rem;color:var(--soft)}
        @media(max-width:640px){.row{grid-template-columns:1fr auto;padding:.25rem 0}.row .name{grid-column:1}.row .value{grid-column:2;grid-row:1}.row svg,.row .scale{grid-column:1/3}.row svg.strip{height:1.3rem}.axis .name,.axis .value{display:none}.few{display:none}h1{font-size:1.4rem}.curve{margin-inline-end:.8rem}}
        @media print{body{max-width:none;padding:0;font-size:10pt}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}.row,tr,figure.whole{break-inside:avoid}h2{break-after:avoid}summary{display:none}details::details-content{content-visibility:visible;block-size:auto}thead{display:table-header-group}@page{size:A4;margin:15mm}}
        """
}
