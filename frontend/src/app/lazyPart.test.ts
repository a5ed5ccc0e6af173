import { expect, it } from "vitest";
import { lazyPart, PartProblem } from "./lazyPart";

const Room = () => null;

/** What is thrown when it is drawn. */
function thrownBy(part: (props: object) => unknown): unknown {
  try {
    part({});
  } catch (error) {
    return error;
  }
  return undefined;
}

it("is asked for again after it did not come, and not once it is there", async () => {
  let asked = 0;
  let away = true;
  const part = lazyPart(async () => {
    asked += 1;
    if (away) throw new TypeError("Failed to fetch dynamically imported module: /assets/Room.js");
    return { Room };
  }, "Room");
  await part.preload();
  const problem = thrownBy(part);
  expect(problem).toBeInstanceOf(PartProblem);
  expect(await (problem as PartProblem).retry()).toBe(false);
  away = false;
  expect(await (problem as PartProblem).retry()).toBe(true);
  expect(thrownBy(part)).toBeUndefined();
  expect(part.preload()).toBeUndefined();
  expect(asked).toBe(3);
});

it("asks once while it is on its way", async () => {
  let asked = 0;
  const part = lazyPart(async () => {
    asked += 1;
    return { Room };
  }, "Room");
  await Promise.all([part.preload(), part.preload()]);
  expect(asked).toBe(1);
});

it("is not taken without its style sheet", async () => {
  let asked = 0;
  const part = lazyPart(async () => {
    asked += 1;
    if (asked === 1) throw new Error("Unable to preload CSS for https://showrun/assets/Room.css");
    return { Room };
  }, "Room");
  await part.preload();
  expect(await (thrownBy(part) as PartProblem).retry()).toBe(false);
  expect(asked).toBe(1);
});
