import { describe, expect, it } from 'vitest';
import { raceLink, raceMoment } from '../../../../viewer/page/race/link.ts';

const ARMS = ['pretrained', 'scratch', 'random-grasps'];

describe('a link to a moment of a race', () => {
  it('is read as it was written', () => {
    const link = raceLink(['scratch', 'random-grasps'], 12, 3.456);
    expect(link).toBe('#arms=scratch,random-grasps&t=12,3.46');
    expect(raceMoment(link, ARMS, 20)).toEqual({ arms: ['scratch', 'random-grasps'], at: { index: 12, time: 3.46 } });
    expect(raceMoment('#arms=scratch,pretrained', ARMS, 20)).toEqual({ arms: ['scratch', 'pretrained'] });
    for (const none of ['', '#']) expect(raceMoment(none, ARMS, 20)).toBeUndefined();
  });

  it.each([
    ['#arms=scratch,nobody', "the arm 'nobody'"],
    ['#arms=scratch,scratch', 'no moment of a race'],
    ['#t=12,3.45', 'no moment of a race'],
    ['#arms=scratch,pretrained&t=x', 'no moment of a trial'],
    ['#arms=scratch,pretrained&t=20,0.00', 'trial 20, and 20 came with the page'],
  ])('says what is wrong with %s, and where the race is then', (link, what) => {
    const said = raceMoment(link, ARMS, 20);
    expect(said).toContain(what);
    expect(said).toContain('here is the race from its start.');
  });
});
