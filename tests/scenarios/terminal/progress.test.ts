import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { note, redirectNotes } from '../../../scenarios/terminal/notes.ts';
import { startProgress } from '../../../scenarios/terminal/progress.ts';

let watched: PassThrough & { isTTY?: boolean };
let restore: () => void;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'Date', 'setTimeout', 'clearTimeout'] });
  watched = new PassThrough();
  restore = redirectNotes(watched);
});

afterEach(() => {
  restore();
  vi.useRealTimers();
});

const written = (): string => watched.read()?.toString() ?? '';

describe('progress without a terminal', () => {
  it('is a line every five seconds with an estimate of what is left, and one at the end', () => {
    const progress = startProgress('trials', 100, false);
    progress.update(1);
    vi.advanceTimersByTime(4999);
    progress.update(10, '80 %');
    expect(written()).toBe('');
    vi.advanceTimersByTime(1);
    progress.update(20, '75 %');
    expect(written()).toBe('trials: 20/100  75 %  about 20 s left\n');
    vi.advanceTimersByTime(4000);
    progress.update(30, '70 %');
    expect(written()).toBe('');
    vi.advanceTimersByTime(1000);
    progress.update(100, '72 %');
    expect(written()).toBe('trials: 100/100  72 %  about 0 s left\n');
    progress.stop();
    expect(written()).toBe('trials: 100/100  72 %  10.0 s\n');
  });

  it('does not guess before anything is done, and is silent about what never began', () => {
    const progress = startProgress('scenes', 5, false);
    vi.advanceTimersByTime(6000);
    progress.update(0);
    expect(written()).toBe('scenes: 0/5    about 0 s left\n');
    startProgress('scenes', 5, false).stop();
    expect(written()).toBe('');
  });
});

describe('progress in a terminal', () => {
  it('is a bar that never goes past its end', () => {
    watched.isTTY = true;
    const progress = startProgress('trials', 4, false);
    for (const done of [1, 3, 9]) {
      vi.advanceTimersByTime(1000);
      progress.update(done, `round ${done}`);
    }
    progress.stop();
    const drawn = written();
    expect(drawn).toContain('█');
    expect(drawn).toContain('4/4');
    expect(drawn).toContain('round 9');
    expect(drawn).not.toMatch(/[5-9]\/4/);
  });
});

describe('notes', () => {
  it('go nowhere when quiet, terminal or none', () => {
    for (const isTTY of [true, false]) {
      watched.isTTY = isTTY;
      const progress = startProgress('trials', 4, true);
      vi.advanceTimersByTime(60_000);
      progress.update(2);
      progress.stop();
    }
    expect(written()).toBe('');
  });

  it('go to the last stream that asked, and back to the one before', () => {
    const other = new PassThrough();
    const back = redirectNotes(other);
    note('to the other');
    back();
    note('to the first');
    expect([other.read()?.toString(), written()]).toEqual(['to the other\n', 'to the first\n']);
  });
});
