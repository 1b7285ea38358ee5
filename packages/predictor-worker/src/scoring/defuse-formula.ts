/** What a spreadsheet takes for the start of a formula (OWASP), TAB and CR included. */
const FORMULA_START = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** The value a spreadsheet shows as text: `'` before what it would run as a formula; numbers stay as they are. */
export function defuseFormula(value: string): string {
  return FORMULA_START.test(value) && !NUMBER.test(value) ? `'${value}` : value;
}
