import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/process/cli.ts';
import { type Fuzzed, parsers } from './parsers.ts';
import { type Finding, fuzz } from './play.ts';

/** Inputs of each parser here; `npm run fuzz` takes a hundred thousand. */
const INPUTS = 2000;

let all: Fuzzed[];

beforeAll(async () => {
  all = await parsers(temporaryFolder());
});

const NAMES = [
  ...[
    'recording',
    'run manifest',
    'trial log',
    'scenario',
    'camera',
    'question',
    'urdf',
    'obj',
    'stl',
    'glb',
    'safetensors',
    'checkpoint',
    'model card',
  ],
  ...['foreign card', 'trial marks', 'npy', 'depth', 'stream request', 'stream service', 'question frame'],
  ...['environment request', 'lessons', 'grasp of another program', 'scene link', 'results'],
];

it('every parser is fuzzed', () => expect(all.map(({ name }) => name)).toEqual(NAMES));

describe('a parser that is fed with anything', () => {
  it.each(NAMES)('reads it or says what it expected: %s', async (name) => {
    const parser = all.find((p) => p.name === name)!;
    for (const bytes of parser.sound) await parser.parse(bytes);
    const findings: Finding[] = [];
    await fuzz(parser, INPUTS, 1, (finding) => findings.push(finding));
    expect(
      findings.map(({ index, what, input }) => `${index}: ${what}: ${Buffer.from(input.subarray(0, 60))}`),
    ).toEqual([]);
  });
});
