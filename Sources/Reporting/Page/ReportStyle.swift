/// The style sheet of a report.
enum ReportStyle {
    static let sheet: StaticString = """
        :root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #d5dbe3; --paper: #ffffff;
          --panel: #f4f6f9; --clean: #3f8f5f; --rejected: #c08a1e; --unscannable: #7a5fb0; --infected: #c0392b;
          --failed: #8c3b2a; --open: #7b8794; --age: #3a6ea5; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --soft: #9aa6b5; --line: #37414e;
          --paper: #14181e; --panel: #1d232b; --clean: #5db583; --rejected: #d9a441; --unscannable: #a48be0;
          --infected: #e5695c; --failed: #d07a68; --open: #94a0ae; --age: #6a9fd8; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 66rem; padding: 2rem 1.5rem; background: var(--paper); color: var(--ink);
          font: 15px/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.7rem; margin: 0; } header p { color: var(--soft); margin: .2rem 0 1.5rem; }
        h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
        h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
        .summary { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: .6rem; }
        .card { background: var(--panel); border-top: 3px solid var(--open); border-radius: 4px; padding: .6rem .8rem; }
        .card span, .card strong, .card small { display: block; }
        .card .name, .card small { color: var(--soft); } .card strong { font-size: 1.4rem; line-height: 1.3; }
        .card.all { border-color: var(--age); } .card.clean { border-color: var(--clean); }
        .card.rejected { border-color: var(--rejected); } .card.unscannable { border-color: var(--unscannable); }
        .card.infected { border-color: var(--infected); } .card.failed { border-color: var(--failed); }
        table { border-collapse: collapse; width: 100%; font-size: .87rem; }
        th { text-align: left; color: var(--soft); font-weight: 600; }
        th, td { padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top;
          unicode-bidi: isolate; overflow-wrap: anywhere; }
        th { overflow-wrap: normal; }
        .figures { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .figures + :not(.figures) { padding-left: 1rem; }
        .none { color: var(--soft); margin: .2rem 0; }
        figure { margin: 1rem 0; } figcaption { color: var(--soft); font-size: .87rem; margin-bottom: .3rem; }
        .key { margin-left: 1rem; padding-left: 1rem; border-left: .7rem solid var(--open); }
        svg { width: 100%; height: auto; } svg line { stroke: var(--line); } svg text { fill: var(--soft);
          font: 11px system-ui, sans-serif; }
        rect.clean { fill: var(--clean); } rect.rejected { fill: var(--rejected); }
        rect.unscannable { fill: var(--unscannable); } rect.infected { fill: var(--infected); }
        rect.open { fill: var(--open); } rect.age { fill: var(--age); }
        .key.clean { border-color: var(--clean); } .key.rejected { border-color: var(--rejected); }
        .key.unscannable { border-color: var(--unscannable); } .key.infected { border-color: var(--infected); }
        footer { color: var(--soft); font-size: .83rem; margin-top: 2.5rem; }
        @media print { @page { margin: 14mm; } body { padding: 0; max-width: none; font-size: 10pt;
          print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          figure, .card, tr, h2, h3 { break-inside: avoid; } h2, h3 { break-after: avoid; }
          thead { display: table-header-group; } }
        """
}
