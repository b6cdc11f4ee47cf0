import { describe, expect, it } from 'vitest';
import { type Backbone, loadBackbone } from '../../../../agent/backbones/own.ts';
import { architectureTaps } from '../../../../agent/network/architecture.ts';
import {
  type Candidate,
  candidateScenario,
  chooseCandidates,
  placed,
  type Ranked,
  tapSets,
  techniquesFor,
} from '../../../../scenarios/experiments/auto/candidates.ts';
import { loadScenario } from '../../../../scenarios/load.ts';

const { scenario } = loadScenario('tabletop');
const { scenario: cup } = loadScenario('suction');

describe('candidates', () => {
  it('read every set of up to three taps, and runs of neighbours of more', () => {
    expect(tapSets(['a', 'b', 'c']).map((s) => s.join(''))).toEqual(['abc', 'bc', 'ac', 'c', 'ab', 'b', 'a']);
    expect(tapSets(['a', 'b', 'c', 'd']).map((s) => s.join(''))).toEqual([
      ...['abcd', 'abc', 'bcd', 'ab', 'bc', 'cd', 'a', 'b', 'c', 'd'],
    ]);
  });

  const scores = (logMe: number, hScore: number, probeLoss: number) => ({
    logMe,
    hScore,
    probeLoss,
    probeAccuracy: 0.5,
  });
  const one = (backbone: string, tap: string, of: Ranked['scores']) => ({
    backbone,
    taps: [tap],
    features: 3,
    scores: of,
  });

  it('are ordered by the mean place of three scores, equal ones as they came', () => {
    const ranking = placed([
      one('x', 'a', scores(-0.5, 0.1, 0.6)),
      one('x', 'b', scores(-0.4, 0.3, 0.5)),
      one('y', 'a', scores(-0.3, 0.2, 0.4)),
      one('y', 'b', scores(-0.5, 0.1, 0.6)),
    ]);
    expect(ranking.map((r) => [r.backbone, ...r.taps, r.place])).toEqual([
      ['y', 'a', 4 / 3],
      ['x', 'b', 5 / 3],
      ['x', 'a', 3],
      ['y', 'b', 3],
    ]);
    const unscored = placed([one('x', 'a', null), one('y', 'b', null)]);
    expect(unscored.map((r) => [r.backbone, r.place])).toEqual([
      ['x', 1],
      ['y', 1],
    ]);
  });

  it('have every backbone among them, then the best of the ranking, and the best trunk fine-tuned as its card reads it', () => {
    const [passive, random] = ['passive', 'random'].map((name) => loadBackbone(name));
    const foreign = {
      ...random,
      name: 'foreign',
      architecture: { kind: 'foreign', source: '', hash: '', taps: [] },
    } as const;
    const ranking = placed([
      one('foreign', 'a', scores(-0.1, 0.9, 0.1)),
      one('passive', 'conv1', scores(-0.2, 0.8, 0.2)),
      one('passive', 'conv3', scores(-0.3, 0.7, 0.3)),
      one('foreign', 'b', scores(-0.4, 0.6, 0.4)),
      one('random', 'conv6', scores(-0.5, 0.5, 0.5)),
    ]);
    const names = (most: number) =>
      chooseCandidates(ranking, [passive, random, foreign], most, scenario).map(
        ({ backbone, taps, technique }: Candidate) => `${backbone}/${taps.join('+')}/${technique}`,
      );
    const tuned = 'passive/conv1+conv3+conv6/l2-sp';
    const adapted = 'passive/conv1+conv3+conv6/adapter';
    expect(names(5)).toEqual([
      'foreign/a/head',
      'passive/conv1/head',
      'random/conv6/head',
      'passive/conv3/head',
      tuned,
    ]);
    expect(names(2)).toEqual(['foreign/a/head', tuned]);
    expect(names(8)).toHaveLength(7);
    expect(names(8).slice(5)).toEqual([tuned, adapted]);
  });

  it('have a backbone with a head for the hand as it is among them: the best of these, read as its card says', () => {
    const [passive, grasp, wide] = ['passive', 'grasp', 'grasp-wide'].map((name) => loadBackbone(name));
    const backbones = [grasp, wide, passive];
    const card = ({ name, architecture }: Backbone, of: Ranked['scores']) => ({
      ...{ backbone: name, taps: architectureTaps(architecture).map((t) => t.name), features: 3, scores: of },
    });
    const ranking = placed([
      card(passive, scores(-0.1, 0.9, 0.1)),
      one('grasp', 'conv1', scores(-0.2, 0.8, 0.2)),
      card(wide, scores(-0.3, 0.7, 0.3)),
      card(grasp, scores(-0.4, 0.6, 0.4)),
    ]);
    const techniques = (most: number, of = scenario) =>
      chooseCandidates(ranking, backbones, most, of).map(({ backbone, technique }) => `${backbone}/${technique}`);
    expect(techniques(6)).toEqual([
      ...['grasp/head', 'grasp-wide/head', 'passive/head', 'grasp-wide/none', 'passive/l2-sp', 'passive/adapter'],
    ]);
    expect(techniques(3)).toEqual(['grasp/head', 'grasp-wide/none', 'passive/l2-sp']);
    expect(techniques(2)).toEqual(['grasp/head', 'passive/l2-sp']);
    // one of them knows cups
    expect(techniques(6, cup)).toEqual([
      ...['grasp-wide/head', 'passive/head', 'grasp/head', 'grasp-wide/none', 'passive/l2-sp', 'passive/adapter'],
    ]);
    const none = chooseCandidates(ranking, backbones, 3, scenario)[1];
    expect(none.taps).toEqual(architectureTaps(wide.architecture).map((t) => t.name));
    expect(candidateScenario(scenario, none).learner).toMatchObject({ arm: 'pretrained', technique: 'none' });
    expect(techniquesFor(passive, scenario)).not.toContain('none');
    expect(techniquesFor(grasp, cup)).not.toContain('none');
  });
});
