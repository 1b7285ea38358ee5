import { join } from "node:path";
import { pythonTools } from "@colaml/producer/local/python-tools";

describe("the Python that is named", () => {
  it.each([
    ["a folder", __dirname],
    ["nothing that is there", join(__dirname, "no-python")],
  ])("is refused if it is %s, with what to name", async (_, place) => {
    await expect(pythonTools({ COLAML_PYTHON: place })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `COLAML_PYTHON is ${JSON.stringify(place)}, which is not a file: name the program, such as /path/to/venv/bin/python, or leave it out`,
    });
  });

  it("gives the environment that it belongs to", async () => {
    expect(await pythonTools({ COLAML_PYTHON: __filename })).toBe(join(__dirname, ".."));
  });
});
