/** What we use of the emscripten module; addresses are byte offsets into its heap. */
export interface XgboostModule {
  HEAPU8: Uint8Array;
  HEAPU32: Uint32Array;
  HEAPF32: Float32Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  _create_model(matrix: number, labels: number, rows: number, columns: number): number;
  _train_full_model(model: number, iterations: number): void;
  _save_model(model: number): number;
  _get_file_content(address: number, bytes: number): void;
  _free_memory_model(model: number): void;
  _predict_one(model: number, row: number, columns: number, out: number): number;
  cwrap(
    name: "set_param",
    result: null,
    types: string[],
  ): (model: number, name: string, value: string) => void;
}

interface LoadingModule {
  isReady: Promise<unknown>;
  print: (line: string) => void;
  printErr: (line: string) => void;
}

/** Lines the module printed last, for the message of an error: it reports by printing. */
export const printedLines: string[] = [];
const KEPT_LINES = 20;

function keep(line: string): void {
  printedLines.push(String(line).slice(0, 500));
  if (printedLines.length > KEPT_LINES) printedLines.shift();
}

/**
 * Loads ml-xgboost's raw wasm module. It installs process-level handlers and prints while it loads, so only the
 * training thread may call this.
 */
export function loadXgboost(): Promise<XgboostModule> {
  const loading: LoadingModule & XgboostModule = require("ml-xgboost/dist/wasm/xgboost");
  loading.print = keep;
  loading.printErr = keep;
  return loading.isReady.then(() => {
    printedLines.length = 0;
    // The module is a thenable whose `then` never settles for an await: wrap it away.
    Reflect.deleteProperty(loading, "then");
    return loading;
  });
}
