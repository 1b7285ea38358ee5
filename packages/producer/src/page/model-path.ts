import { PAGES } from "./layout";

export const MODELS_PATH = `${PAGES}/models`;

/** The page of a registered model. */
export const modelPath = (name: string) => `${MODELS_PATH}/${encodeURIComponent(name)}`;
