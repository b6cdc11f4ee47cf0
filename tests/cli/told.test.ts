import { describe, expect, it } from 'vitest';
import { toldCommand } from '../../cli/told.ts';

const SECRET = 'Nobody-may-read-this.0';

describe('a command line as it is told', () => {
  it('is the command line', () => {
    expect(toldCommand(['train', 'tabletop', '--seed', '7'])).toBe('npx graft train tabletop --seed 7');
  });

  it.each([
    ['train quick --view --seed 7', ['train', 'quick', '--view', '--token', SECRET, '--seed', '7']],
    ['train quick --view', ['train', 'quick', '--view', `--token=${SECRET}`]],
    ['pretrain --queue redis://host:6379/1', ['pretrain', '--queue', `redis://user:${SECRET}@host:6379/1`]],
    ['pretrain --queue=rediss://host', ['pretrain', `--queue=rediss://:${SECRET}@host`]],
    ['evaluate mine=external:ws://host:9000', ['evaluate', `mine=external:ws://me:${SECRET}@host:9000`]],
  ])('keeps a secret: %s', (told, argv) => {
    expect(toldCommand(argv)).toBe(`npx graft ${told}`);
  });

  it('leaves an @ alone that is in no address', () => {
    expect(toldCommand(['export', 'onnx', 'runs/a@b/c', '--out', 'x@y.onnx'])).toBe(
      'npx graft export onnx runs/a@b/c --out x@y.onnx',
    );
  });
});
