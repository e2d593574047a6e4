"""How the paper looks as PDF: the same measures as the DOCX (Nghị định 30/2020/NĐ-CP, Phụ lục I phần I)."""

LAYOUT = r"""
#let paper = json(bytes(sys.inputs.paper))
// Pages are counted from 1, in each appendix anew; a first page shows no number.
#let numbered = context {
  let begun = query(<begin>).map(it => it.location().page()).filter(page => page <= here().page())
  let place = here().page() - begun.at(-1, default: 1) + 1
  if place > 1 { align(center, text(size: 13pt, str(place))) }
}
#set document(title: paper.title)
#set page(
  paper: "a4", margin: (top: 20mm, bottom: 20mm, left: 30mm, right: 15mm), header: numbered, header-ascent: 35%,
)
#set text(font: ("Liberation Serif", "Libertinus Serif"), lang: paper.language, size: 14pt, hyphenate: false)
#set par(justify: true, leading: 0.62em, spacing: 0.95em, first-line-indent: (amount: 12.7mm, all: true))
#set heading(numbering: none)
#show heading: it => {
  set par(justify: false, first-line-indent: 0mm)
  let words = text(size: 14pt, weight: "bold", h(12.7mm) + it.body)
  block(above: if it.level == 1 { 1.3em } else { 1.1em }, below: 0.8em, sticky: true, words)
}
#let plain(body) = { set par(justify: false, first-line-indent: 0mm); body }
#let rule(length) = line(length: length * 1mm, stroke: 0.7pt)
// A word that is longer than a cell likes may break behind its points.
#let broken(words) = words.replace(
  regex("\S{13,}"),
  word => word.text.replace(regex("[.@/_-]|[^\s.@/_-]{12}"), it => it.text + "\u{200b}"),
)
#let cell(one, column, size, bold: false, header: false) = {
  set text(size: size * 1pt, weight: if bold { "bold" } else { "regular" })
  set par(justify: false, first-line-indent: 0mm, leading: 0.5em, spacing: 0.45em)
  align(
    if header { center + horizon } else if column.centred { center } else if column.figure { right } else { left },
    if one.under == "" { broken(one.text) } else {
      stack(spacing: 0.45em, broken(one.text), text(size: (calc.min(size, 11) - 0.5) * 1pt, style: "italic", one.under))
    },
  )
}
#let grid-of(one) = {
  let widths = one.columns.map(column => column.width * 1mm)
  let line-of(row, bold: false) = row.enumerate().map(
    ((place, it)) => cell(it, one.columns.at(place), one.size, bold: bold),
  )
  let head = one.columns.map(
    column => cell((text: column.title, under: ""), column, one.size, bold: true, header: true),
  )
  table(
    columns: widths, inset: (x: 1.2mm, y: 1.3mm), stroke: 0.5pt,
    table.header(..head),
    ..one.rows.map(row => line-of(row)).flatten(),
    ..(if one.total != none { line-of(one.total, bold: true) } else { () }),
  )
}
#let block-of(one) = {
  if one.kind == "heading" { heading(level: one.level, one.text) }
  else if one.kind == "grid" { block(above: 0.8em, below: 1em, grid-of(one)) }
  else if one.small { plain(block(above: 0.5em, below: 0.5em, text(size: 11pt, style: "italic", one.text))) }
  else { par(one.text) }
}
#plain(grid(
  columns: (paper.left * 1mm, 1fr), row-gutter: 4mm, align: center + top,
  {
    set text(size: 12pt)
    set par(leading: 0.5em)
    if paper.superior != "" { paper.superior; linebreak() }
    strong(paper.agency)
    v(2.4mm, weak: true)
    rule(paper.rule)
  },
  {
    set par(leading: 0.5em)
    text(size: 12pt, strong(paper.nation))
    linebreak()
    text(size: 13pt, strong(paper.motto))
    v(2.4mm, weak: true)
    rule(59)
  },
  text(size: 13pt, paper.number),
  text(size: 13pt, style: "italic", paper.place_and_date),
))
#v(8mm)
#plain(align(center, {
  strong(paper.kind)
  linebreak()
  paper.about.map(strong).join(linebreak())
  v(3mm, weak: true)
  rule(55)
}))
#if paper.addressee != "" { v(2mm); plain(align(center, paper.addressee)); v(2mm) }
// Nobody signs a page on which nothing is said: the last words stand above the signature, on the same page.
#let last = paper.blocks.at(-1, default: (kind: ""))
#let alone = last.kind == "words"
#for one in (if alone { paper.blocks.slice(0, -1) } else { paper.blocks }) { block-of(one) }
#block(breakable: false, {
if alone { block-of(last) }
v(4mm)
plain(grid(
  columns: (paper.left * 1mm, 1fr),
  {
    set par(leading: 0.45em)
    text(size: 12pt, style: "italic", weight: "bold", paper.recipients.first())
    for one in paper.recipients.slice(1) { linebreak(); text(size: 11pt, one) }
  },
  align(center, { strong(paper.signature.first()); for one in paper.signature.slice(1) { v(24mm); strong(one) } }),
))
})
#for one in paper.appendices {
  set page(flipped: true, margin: (top: 20mm, bottom: 20mm, left: 30mm, right: 15mm))
  [#metadata(none) <begin>]
  plain(align(center, {
    strong(one.label); linebreak(); strong(one.title); linebreak(); text(style: "italic", one.leads)
  }))
  v(3mm)
  for it in one.blocks { block-of(it) }
}
"""
