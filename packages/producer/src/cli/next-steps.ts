import type { Promotion } from "@colaml/shared/contracts/train";
import type { Session } from "../local/session";
import { calledAs } from "./called-as";
import type { CommandContext } from "./command-context";
import { printable, type Terminal } from "./terminal";

/** A registered version, or one that waits to be, with what was decided of it. */
export interface DecidedModel extends Promotion {
  /** Page of its run in MLflow. */
  runUrl?: string;
  model: string;
  modelVersion?: string;
}

const COLA = calledAs(process.argv[1], process.env);

/**
 * What happened to the alias, in one line, e.g. `modelo_nuevo version 5: held, version 3 stays champion - ...`.
 */
export function promotionLine(terminal: Terminal, result: DecidedModel): string {
  const { model, modelVersion, verdict } = result;
  const version = modelVersion === undefined ? "not registered yet" : `version ${modelVersion}`;
  return `${terminal.bold(model)} ${version}: ${outcomeOf(terminal, result)} - ${printable(verdict)}`;
}

function outcomeOf(terminal: Terminal, result: DecidedModel): string {
  const { promoted, decision, championVersion } = result;
  if (promoted) return terminal.green("promoted to champion");
  const champion =
    championVersion === undefined ? "there is no champion" : `version ${championVersion} stays champion`;
  if (decision === "HOLD") return `${terminal.bold("held")}, ${champion}`;
  if (decision === "REJECT") return `${terminal.red("rejected")}, ${champion}`;
  if (decision === "PROMOTE") return `${terminal.bold("good enough")}, not promoted, ${champion}`;
  return terminal.bold("not promoted");
}

/**
 * What a person can type next, one command a line, for each verdict: predict, compare, decide otherwise, look.
 *
 * @param named the model was named by a flag: the commands name it, too
 * @param kind of the command's session: servers of its own end with it
 */
export function nextSteps(result: DecidedModel, named: boolean, kind: Session["kind"]): string[] {
  const { model, modelVersion, promoted, championVersion, previousVersion, runUrl } = result;
  const note = kind === "own" ? `  (while \`${COLA} up\` runs)` : "";
  const run: [string, string][] = runUrl === undefined ? [] : [["see the run", `${runUrl}${note}`]];
  if (modelVersion === undefined) return table([["publish it now", `${COLA} publish`], ...run]);
  const of = named ? ` --model ${model}` : "";
  if (promoted) {
    // After a first promotion there is nothing to go back to.
    const back: [string, string][] =
      previousVersion === undefined
        ? []
        : [[`go back to version ${previousVersion}`, `${COLA} models rollback${of} --reason WHY`]];
    return table([["predict with it", `${COLA} predict FILE --output OUT${of}`], ...back, ...run]);
  }
  const compare: [string, string][] =
    championVersion === undefined
      ? []
      : [
          [
            `compare with version ${championVersion}`,
            `${COLA} models compare ${championVersion} ${modelVersion} FILE${of}`,
          ],
        ];
  return table([
    ["predict with it", `${COLA} predict FILE --output OUT --model models:/${model}/${modelVersion}`],
    ...compare,
    ["promote it by hand", `${COLA} models promote ${modelVersion}${of} --reason WHY`],
    ...run,
  ]);
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([what]) => what.length));
  return ["  next:", ...rows.map(([what, command]) => `    ${what.padEnd(width)}  ${command}`)];
}

/** Whether the model of a command was named by a flag. */
export const isNamed = ({ flags }: CommandContext) => flags["model.name"] !== undefined;
