import { DELIMITER, formatCell } from "@colaml/shared/tables/written-cell";

/** As Python's csv.writer writes them (QUOTE_MINIMAL), with its own line end, CR LF. */
const CELLS: [string, string, string][] = [
  ["plain", "plain", "plain"],
  ["", "", ""],
  ["a,b", '"a,b"', "a,b"],
  ["a\tb", "a\tb", '"a\tb"'],
  ['say "no"', '"say ""no"""', '"say ""no"""'],
  ["two\nlines", '"two\nlines"', '"two\nlines"'],
  ["old\rMac", '"old\rMac"', '"old\rMac"'],
];

it.each(CELLS)("writes the cell %j as RFC 4180 has it", (value, csv, tsv) => {
  expect([formatCell(value, "csv"), formatCell(value, "tsv")]).toEqual([csv, tsv]);
});

it("puts a comma or a tab between cells", () => {
  expect(DELIMITER).toEqual({ csv: ",", tsv: "\t" });
});
