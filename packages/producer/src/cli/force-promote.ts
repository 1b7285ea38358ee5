import type { TrainJobInput } from "@colaml/shared/contracts/train";
import type { Command } from "commander";
import { championPayload } from "../submit/learning-settings";
import type { CommandContext } from "./command-context";

/** The option of training and tuning that overrules a HOLD of the champion check. */
export function addForceOption(command: Command): Command {
  return command.option("--force-promote", "promote even if the verdict is HOLD; it is recorded");
}

/** The part of a payload that the option gives: nothing if it was not given. */
export function forcedChampion({ config, options }: CommandContext): Pick<TrainJobInput, "champion"> {
  return options["forcePromote"] === true ? { champion: { ...championPayload(config), force: true } } : {};
}
