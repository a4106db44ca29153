/** The looks of a report: light or dark as the reader has it, from a phone's width on. */
export const pageStyle: string = `
:root { color-scheme: light dark; --text: #1f2328; --quiet: #59636e; --page: #ffffff; --line: #d8dee4; --soft: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --quiet: #9198a1; --page: #0d1117; --line: #30363d; --soft: #151b23; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
.subtitle { color: var(--quiet); margin: .3rem 0 1.4rem; overflow-wrap: anywhere; }
.summary { display: flex; flex-wrap: wrap; gap: .8rem 2.2rem; margin: 0 0 1.6rem; }
.summary dt { color: var(--quiet); font-size: .85rem; }
.summary dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.charts { display: flex; flex-wrap: wrap; gap: 1.2rem; margin-top: 1.6rem; }
figure { margin: 0; flex: 1 1 100%; min-width: 0; }
figure.small { flex: 1 1 16rem; }
figcaption { font-size: .95rem; margin-bottom: .3rem; color: var(--quiet); }
.uplot, .u-wrap { max-width: 100%; }
.u-legend { font-size: .85rem; }
.u-legend .u-value { font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; width: 100%; }
.u-legend { width: auto; }
th, td { text-align: left; padding: .3rem 1rem .3rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
.u-legend th, .u-legend td { border: 0; padding: 0 .2rem; }
pre { background: var(--soft); padding: .9rem 1rem; border-radius: 6px; overflow-x: auto; font: .88rem/1.5 ui-monospace, monospace; margin: 0; }
#sample-text { white-space: pre-wrap; overflow-wrap: anywhere; min-height: 12rem; }
.choose { display: flex; align-items: center; gap: 1rem; margin: 0 0 .6rem; color: var(--quiet); }
.choose input { flex: 1; max-width: 24rem; }
details { margin-top: 1.2rem; border-top: 1px solid var(--line); padding-top: .8rem; }
summary { cursor: pointer; color: var(--quiet); }
`;
