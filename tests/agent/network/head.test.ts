import { describe, expect, it } from 'vitest';
import { loadBackbone } from '../../../agent/backbones/own.ts';
import { startHeadFor } from '../../../agent/backbones/pretrained-head.ts';
import { loadEngine } from '../../../agent/engine/engine.ts';
import { headLogits, initHead, MEMBERS, memberHead, sharedHead, sharedLogits } from '../../../agent/network/head.ts';
import type { Parameters } from '../../../agent/network/parameters.ts';
import { toTensors } from '../../../agent/network/tensors.ts';
import { GRIPPER_DEFAULTS } from '../../../sim/hand/presets.ts';
import { rngStream } from '../../../sim/math/rng.ts';

const SHAPES = [
  { depth: 0.02, opening: 1 },
  { depth: 0.05, opening: 0.7 },
];
const pretrained = () =>
  startHeadFor(loadBackbone('grasp-passive'), { ...GRIPPER_DEFAULTS, kind: 'jaws' }, SHAPES).parameters;

describe('a member of a head', () => {
  it.each(['whose shapes share their hidden units', 'that has learned'])(
    'says what it says among all, to the bit: of one %s',
    async (kind) => {
      const { tf } = await loadEngine();
      const head = pretrained();
      if (kind === 'that has learned') {
        const rng = rngStream(2, 'test/head');
        for (const { values } of Object.values(head))
          for (let i = 0; i < values.length; i++) values[i] += 0.01 * rng.normal();
      }
      const rng = rngStream(1, 'test/head');
      const [length] = head['head/hidden/kernel'].shape;
      const features = tf.tensor2d(
        Float32Array.from({ length: 37 * length }, () => rng.normal()),
        [37, length],
      );
      const said = (some: Parameters): Float32Array => {
        const shared = sharedHead(some);
        const logits = shared
          ? sharedLogits(
              tf,
              toTensors(tf, { hidden: shared.hidden }).hidden,
              shared.shapes.map((shape) => toTensors(tf, shape)),
              features,
            )
          : headLogits(tf, toTensors(tf, some), features);
        return logits.dataSync<'float32'>();
      };
      expect(sharedHead(head) === undefined).toBe(kind === 'that has learned');
      const all = said(head);
      for (let member = 0; member < MEMBERS; member++) {
        const own = said(memberHead(head, member));
        expect(Buffer.from(own.buffer, own.byteOffset, own.byteLength)).toEqual(
          Buffer.from(own.map((_, i) => all[i * MEMBERS + member]).buffer),
        );
      }
    },
  );
});

describe('a head whose shapes share their hidden units', () => {
  it('answers as it does without that being known', async () => {
    const { tf } = await loadEngine();
    const head = pretrained();
    const shared = sharedHead(head)!;
    const [length, units] = shared.hidden.shape;
    expect(units * SHAPES.length).toBe(head['head/hidden/kernel'].shape[1]);
    const rng = rngStream(1, 'test/head');
    const features = tf.tensor2d(
      Float32Array.from({ length: 7 * length }, () => rng.normal()),
      [7, length],
    );
    const plain = headLogits(tf, toTensors(tf, head), features);
    const { hidden } = toTensors(tf, { hidden: shared.hidden });
    const quick = sharedLogits(
      tf,
      hidden,
      shared.shapes.map((shape) => toTensors(tf, shape)),
      features,
    );
    expect(quick.shape).toEqual([7, SHAPES.length, MEMBERS]);
    const wanted = plain.dataSync();
    quick.dataSync().forEach((logit, i) => {
      expect(logit).toBeCloseTo(wanted[i], 4);
    });
  });

  it('is told from one that has a single shape, or learned to tell them apart', () => {
    const one = startHeadFor(loadBackbone('grasp-passive'), { ...GRIPPER_DEFAULTS, kind: 'jaws' }, SHAPES.slice(0, 1));
    expect(sharedHead(one.parameters)).toBeUndefined();
    for (const [name, at] of [
      ['head/hidden/kernel', 5],
      // what a unit of the second shape says of the first
      ['head/logit/kernel', pretrained()['head/logit/kernel'].shape[1] / MEMBERS - 1],
    ] as const) {
      const learned = pretrained();
      learned[name].values[at] += 0.1;
      expect(sharedHead(learned), name).toBeUndefined();
    }
    expect(sharedHead(initHead(20, 2, rngStream(0, 'test/head')))).toBeUndefined();
  });
});
