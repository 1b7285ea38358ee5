const normal = (code) => code.replace(/\s+/g, " ").trim();

/**
 * The survivors that a page explains: the rows of its tables whose first cell is the path of a source.
 *
 * @returns file, code and mutant as they stand there (`…` stands for any text in between), and the reason
 */
export function explainedIn(markdown) {
  return markdown.split("\n").flatMap((line) => {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
    const [, file, code, mutant, reason] = cells;
    if (cells.length !== 6 || !file.startsWith("`packages/")) return [];
    return [{ file: bare(file), code: bare(code), mutant: bare(mutant), reason }];
  });
}

/** A cell without its backticks; of code that holds some, without the two on either side. */
const bare = (cell) => cell.replace(/^(`+) ?(.*?) ?\1$/, "$2");

/** Whether a piece of code is what a cell says. */
function isCode(code, cell) {
  const pieces = normal(cell)
    .split("…")
    .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${pieces.join(".*")}$`).test(normal(code));
}

/** Explanations of code that does not stand in its file: `texts` has the files that there are, by path. */
export const misplaced = (explained, texts) =>
  explained.filter(({ file, code }) => texts[file] === undefined || !isCode(texts[file], `…${code}…`));

/**
 * The mutants of a report of Stryker that no test noticed.
 *
 * @param report its JSON
 * @returns by file and place: `code` is what stands there, `mutant` what stood there instead
 */
export function survivorsOf(report) {
  return Object.entries(report.files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split("\n");
    return mutants
      .filter(({ status }) => status === "Survived" || status === "NoCoverage")
      .map(({ location, replacement }) => ({
        file,
        line: location.start.line,
        code: normal(textAt(lines, location)),
        mutant: normal(replacement),
      }));
  });
}

function textAt(lines, { start, end }) {
  const rows = lines.slice(start.line - 1, end.line);
  rows[rows.length - 1] = rows.at(-1).slice(0, end.column - 1);
  rows[0] = rows[0].slice(start.column - 1);
  return rows.join("\n");
}

/**
 * Survivors that the page does not explain, and explanations of what does not survive.
 *
 * @param files that were altered whole: only theirs can be out of date
 */
export function compareSurvivors(survivors, explained, files) {
  const fits = (each, { file, code, mutant }) =>
    file === each.file && isCode(code, each.code) && isCode(mutant, each.mutant);
  return {
    unexplained: survivors.filter((survivor) => !explained.some((each) => fits(each, survivor))),
    outdated: explained.filter(
      (each) => files.includes(each.file) && !survivors.some((survivor) => fits(each, survivor)),
    ),
  };
}

/** How many mutants of a report ended how, as a row of a table. */
export function countsOf(target, report) {
  const all = Object.values(report.files).flatMap(({ mutants }) => mutants);
  const count = (...wanted) => all.filter(({ status }) => wanted.includes(status)).length;
  const noticed = count("Killed", "Timeout", "RuntimeError", "CompileError");
  const share = all.length === 0 ? "-" : `${((100 * noticed) / all.length).toFixed(1)}%`;
  return `| ${target} | ${all.length} | ${count("Timeout")} | ${count("Survived", "NoCoverage")} | ${share} |`;
}
