import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { expectRefusal, run, temporaryFolder } from '../support/process/cli.ts';

const GRAFT = fileURLToPath(new URL('../../graft.js', import.meta.url));
const here = { cwd: temporaryFolder() };

describe('graft env', () => {
  it('talks to one client on standard input and output, also after lines that are none of its', () => {
    const input = [
      '{"id":0,"type":"hello","version":1,"observe":["heightmap"],"envs":2}',
      '{"id":1,"type":"reset","env":1,"seed":3,"split":"evaluation"}',
      'garbage',
      '{"id":2,"type":"propose","env":1,"policy":"depth-pca"}',
      `{"id":3,"filling":"${'x'.repeat(70_000)}"}`,
      '{"id":4,"type":"step","env":1,"grasp":{"position":[0,0,0.5],"yaw":0}}',
      '{"id":5,"type":"close"}\n',
    ].join('\n');
    const { status, stdout, stderr } = spawnSync(process.execPath, [GRAFT, 'env', 'quick', '--workers', '1'], {
      ...{ ...here, input, encoding: 'utf8', maxBuffer: 1e7 },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const types = Object.fromEntries(answers.filter(({ id }) => id !== undefined).map(({ id, type }) => [id, type]));
    expect(types).toEqual({ 0: 'hello', 1: 'reset', 2: 'propose', 4: 'step', 5: 'close' });
    expect(answers.flatMap(({ error }) => error ?? [])).toEqual([
      'message: expected one JSON object, got "garbage"',
      'message: expected at most 65536 bytes, got more',
    ]);
  });

  it('ends quietly where its client is gone', async () => {
    const child = spawn(process.execPath, [GRAFT, 'env', 'quick', '--workers', '1'], here);
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.stdin.write('{"id":0,"type":"hello","version":1}\n');
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdout.destroy();
    for (let id = 1; id < 5; id++) child.stdin.write(`{"id":${id},"type":"reset"}\n`);
    expect(await ended).toBe(0);
    expect(said).toBe('');
  });

  it.each([
    [['nowhere'], /^scenario 'nowhere': expected one of /],
    [
      ['quick', '--port', '0', '--host', '0.0.0.0'],
      /^--host 0\.0\.0\.0: expected --token, since other machines can reach it, got none/,
    ],
    [['quick', '--protocol', 'solo'], /argument 'solo' is invalid/],
  ])('refuses %j', async (args, message) => expectRefusal(await run(['env', ...args], here), message));
});
