import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../sim/outcome.ts';
import { pairedInterval, standings } from '../../../sim/recording/race.ts';

/** 1 held, 0 missed, x diverged. */
const outcomes = (text: string): Outcome[] =>
  [...text].map((c) => (c === '1' ? 'held' : c === 'x' ? 'invalid' : 'missed'));

describe('the interval of a paired difference', () => {
  it('is that of Bonett and Price', () => {
    // by hand: n = 20, 8 and 2 discordant pairs: p = 9/22, q = 3/22, half = 1.96 sqrt((12/22 - (6/22)^2) / 22)
    const a = outcomes(`${'1'.repeat(8)}${'0'.repeat(2)}${'1'.repeat(10)}`);
    const b = outcomes(`${'0'.repeat(8)}${'1'.repeat(2)}${'1'.repeat(10)}`);
    const half = 1.959964 * Math.sqrt((12 / 22 - (6 / 22) ** 2) / 22);
    const { difference, low, high } = pairedInterval(a, b);
    expect(difference).toBeCloseTo(0.3, 12);
    expect(low).toBeCloseTo(6 / 22 - half, 12);
    expect(high).toBeCloseTo(6 / 22 + half, 12);
  });

  it('is turned round with the arms, and stays within -1 and 1', () => {
    const [a, b] = [outcomes('1111111111'), outcomes('0000000000')];
    const [one, other] = [pairedInterval(a, b), pairedInterval(b, a)];
    expect(one.low).toBeCloseTo(-other.high, 12);
    expect(one.high).toBe(1);
    expect(pairedInterval([], [])).toEqual({ difference: 0, low: -1, high: 1 });
  });

  it('leaves out pairs of which one diverged', () => {
    expect(pairedInterval(outcomes('x1x10'), outcomes('0000x'))).toEqual(
      pairedInterval(outcomes('11'), outcomes('00')),
    );
  });
});

describe('the standings', () => {
  it('have no leader before ten trials, and none among equals', () => {
    expect(standings([outcomes('111111111'), outcomes('000000000')]).lead).toBeUndefined();
    expect(standings([outcomes('1'.repeat(40)), outcomes('1'.repeat(40))]).lead).toBeUndefined();
    expect(standings([])).toEqual({ trials: 0, failed: [], lead: undefined });
  });

  it('count trials that all have, and failures of each but not those that diverged', () => {
    const { trials, failed } = standings([outcomes('10x01'), outcomes('0000')]);
    expect({ trials, failed }).toEqual({ trials: 4, failed: [2, 4] });
  });

  it('say since when an arm leads, anew after a break', () => {
    const ahead = standings([outcomes('1'.repeat(60)), outcomes('0'.repeat(60))]).lead!;
    expect(ahead).toMatchObject({ arm: 0, next: 1, since: 10, difference: 1 });
    // level for 50 trials, then the second is ahead for good
    const a = `${'1'.repeat(20)}${'1'.repeat(50)}${'0'.repeat(30)}`;
    const b = `${'0'.repeat(20)}${'1'.repeat(50)}${'1'.repeat(30)}`;
    const { lead } = standings([outcomes(a), outcomes(b)]);
    expect(lead?.arm).toBe(1);
    expect(lead!.since).toBeGreaterThan(70);
    expect(lead!.since).toBeLessThan(85);
    const before = standings([outcomes(a.slice(0, lead!.since - 1)), outcomes(b.slice(0, lead!.since - 1))]);
    expect(before.lead).toBeUndefined();
  });

  it('want a leader ahead of every other arm, and name the next one', () => {
    const close = `${'1'.repeat(36)}0000`;
    expect(standings([outcomes('1'.repeat(40)), outcomes('0'.repeat(40)), outcomes(close)]).lead).toBeUndefined();
    const half = '10'.repeat(20);
    expect(standings([outcomes('0'.repeat(40)), outcomes('1'.repeat(40)), outcomes(half)]).lead).toMatchObject({
      arm: 1,
      next: 2,
    });
  });
});
