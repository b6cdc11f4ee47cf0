/** Fuzzing: a parser is fed, and what it may not do is found. */
import fc from 'fast-check';
import { rngStream } from '../../sim/math/rng.ts';
import { mutated } from './mutate.ts';
import type { Fuzzed } from './parsers.ts';

/** Input that a parser did not deal with as it should. */
export interface Finding {
  readonly parser: string;
  readonly index: number;
  readonly what: string;
  readonly input: Uint8Array;
}

/** An input may take so long, ms, and so much memory, bytes. */
const [LONGEST_MS, MOST_BYTES] = [1000, 512e6];
/** Every so many inputs are values of JSON that no sound input was near. */
const PROPERTY_EVERY = 5;

/**
 * Feeds a parser with inputs that depend on the seed and their number alone.
 * @param found told of each finding at once.
 */
export async function fuzz(
  parser: Fuzzed,
  count: number,
  seed: number,
  found: (finding: Finding) => void,
): Promise<void> {
  const values = parser.isText
    ? fc.sample(fc.json({ maxDepth: 4 }), { seed, numRuns: Math.ceil(count / PROPERTY_EVERY) })
    : [];
  for (let index = 0; index < count; index++) {
    const value = index % PROPERTY_EVERY === 0 ? values[index / PROPERTY_EVERY] : undefined;
    const input =
      value === undefined
        ? mutated(parser.sound, parser.isText, rngStream(seed, `fuzz/${parser.name}`, index))
        : new TextEncoder().encode(value);
    const what = await wrongWith(parser, input);
    if (what !== undefined) found({ parser: parser.name, index, what, input });
  }
}

/** What a parser did that it may not; undefined if nothing. */
async function wrongWith({ parse }: Fuzzed, input: Uint8Array): Promise<string | undefined> {
  const [started, before] = [performance.now(), process.memoryUsage.rss()];
  let wrong: string | undefined;
  try {
    await parse(input);
  } catch (error) {
    wrong = complaintAbout(error);
  }
  const [ms, bytes] = [performance.now() - started, process.memoryUsage.rss() - before];
  if (ms > LONGEST_MS) wrong ??= `took ${ms.toFixed(0)} ms`;
  if (bytes > MOST_BYTES) wrong ??= `took ${(bytes / 1e6).toFixed(0)} MB`;
  return wrong;
}

/** An error that says what was expected is as it should be. */
function complaintAbout(error: unknown): string | undefined {
  if (!(error instanceof Error)) return `threw ${typeof error}`;
  const { name, message } = error;
  const own = error instanceof TypeError || error instanceof ReferenceError || error instanceof SyntaxError;
  if (
    own ||
    /Maximum call stack|Invalid array length|Array buffer allocation/.test(`${name}: ${message}`.split(', got')[0])
  )
    return `threw ${name}: ${message.slice(0, 200)}`;
  if (!/expected|is not offered|damaged/i.test(message))
    return `threw ${name} without what was expected: ${message.slice(0, 200)}`;
  return message.length > 20_000 ? `threw a message of ${message.length} characters` : undefined;
}
