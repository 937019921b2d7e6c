// What `main.c` does, in WebAssembly: `node main.mjs MODULE WEIGHTS IMAGE`
// classifies an image and prints the logits' bits.
import { readFileSync } from "node:fs";

const [module, weights, image] = process.argv.slice(2).map((path) => readFileSync(path));
const { instance } = await WebAssembly.instantiate(module);
const { memory, classify } = instance.exports;

// Behind what the module knows of: the logits, the image, the weights.
const PAGE = 65536;
const logitsAt = PAGE * memory.grow(1 + Math.ceil(weights.length / PAGE));
const imageAt = logitsAt + 1024;
const weightsAt = logitsAt + PAGE;
const bytes = new Uint8Array(memory.buffer);
bytes.set(image, imageAt);
bytes.set(weights, weightsAt);
if (classify(weightsAt, weights.length, imageAt, logitsAt) !== 0) process.exit(1);
for (const bits of new Uint32Array(memory.buffer, logitsAt, 10)) {
  console.log(bits.toString(16).padStart(8, "0"));
}
