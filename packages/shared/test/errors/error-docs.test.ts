import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ColaError, ERROR_CODES } from "@colaml/shared/errors/cola-error";

const page = readFileSync(join(__dirname, "../../../../docs/errors.md"), "utf8");
const documented = [...page.matchAll(/^\| `([A-Z_]+)` \| (yes|no) \|/gm)].map(([, code, again]) => ({
  code,
  again,
}));

it("lists every error code in docs/errors.md, and no other", () => {
  expect(documented.map(({ code }) => code).sort()).toEqual([...ERROR_CODES].sort());
});

it("says of each code what the worker boundary does with it", () => {
  for (const code of ERROR_CODES) {
    const again = new ColaError(code, "x").retryable ? "yes" : "no";
    expect({ code, again }).toEqual(documented.find((row) => row.code === code));
  }
});
