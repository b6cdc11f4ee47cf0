import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foreignTrunkOf } from '../../../agent/backbones/registry.ts';
import { loadEngine } from '../../../agent/engine/engine.ts';
import { openPolicy } from '../../../agent/policy/open-policy.ts';
import { openPredictor } from '../../../scenarios/predict/open-predictor.ts';
import { overlayPng } from '../../../scenarios/predict/overlay.ts';
import { type Predictor, predict } from '../../../scenarios/predict/predict.ts';
import { type PredictionRequest, parseQuestion } from '../../../scenarios/predict/request.ts';
import { untrainedPolicy } from '../../../scenarios/run/named-policy.ts';
import { type SceneView, sceneAndView } from '../../../scenarios/trials/scene.ts';
import { propose } from '../../../scenarios/trials/trial.ts';
import { GRIPPER_DEFAULTS } from '../../../sim/hand/presets.ts';
import { compose, dot, invert, norm, rotate, subtract, type Vec3 } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';

let learned: Predictor;
let heuristic: Predictor;
let views: SceneView[];

beforeAll(async () => {
  await loadPhysics();
  [learned, heuristic] = [await openPredictor('pretrained'), await openPredictor('antipodal')];
  views = [0, 1, 2, 3].map((index) => sceneAndView(learned.scenario, 3, 'evaluation', index));
});

afterAll(() => {
  learned.policy.dispose();
  heuristic.policy.dispose();
});

/** A simulated frame as a request. */
function requestOf({ observation: { frame } }: SceneView, more: object = {}): PredictionRequest {
  const { intrinsics, pose } = frame.camera;
  const question = parseQuestion({ intrinsics, T_world_camera: pose, ...more }, 'test');
  return { ...question, depth: frame.depth, colour: frame.colour };
}

const RAW = { clean: false, clear: false, workspace: { centre: [0, 0], table: 0 } };
const ask = (predictor: Predictor, request: PredictionRequest) => predict(predictor, request).prediction;

describe('a prediction', () => {
  it.each(['pretrained', 'antipodal'] as const)(
    'of %s for a simulated picture is what an evaluation tries, bit for bit',
    (name) => {
      const predictor = name === 'pretrained' ? learned : heuristic;
      for (const view of views) {
        const wanted = propose(predictor.scenario, view, predictor.policy, rngStream(0, 'predict', 0))!;
        const [grasp] = ask(predictor, requestOf(view, RAW)).grasps;
        expect({ position: grasp.position, quaternion: grasp.quaternion }).toEqual(wanted.grasp.pose);
        expect([grasp.opening, grasp.probability]).toEqual([wanted.grasp.opening, wanted.probability]);
      }
    },
  );

  it('finds the table, in the world and from the camera alone, and the same grasp on it', () => {
    for (const view of views) {
      const raw = ask(learned, requestOf(view, RAW)).grasps[0];
      const found = ask(learned, requestOf(view, { clear: false }));
      expect(found.frame).toBe('world');
      expect(found.warnings).toEqual([]);
      expect(Math.abs(found.T_frame_workspace.position[2])).toBeLessThan(0.002);
      const alone = ask(learned, { ...requestOf(view, { clear: false }), T_world_camera: undefined });
      expect(alone.frame).toBe('camera');
      const camera = view.observation.frame.camera.pose;
      const inWorld = compose(camera, alone.T_frame_workspace);
      expect(dot(rotate(inWorld.quaternion, [0, 0, 1]), [0, 0, 1])).toBeGreaterThan(0.999);
      expect(Math.abs(inWorld.position[2])).toBeLessThan(0.003);
      for (const { grasps } of [found, alone]) expect(grasps[0].probability).toBeGreaterThan(raw.probability! - 0.15);
    }
  });

  it('moves with the world: table, workspace and grasps', () => {
    const request = requestOf(views[0], { ...RAW, workspace: { centre: [0, 0], table: 0 } });
    const by: Vec3 = [0.4, -0.3, 0.7];
    const pose = request.T_world_camera!;
    const position: Vec3 = [pose.position[0] + by[0], pose.position[1] + by[1], pose.position[2] + by[2]];
    const moved = {
      ...request,
      T_world_camera: { ...pose, position },
      workspace: { centre: [0.4, -0.3] as const, table: 0.7 },
    };
    const [one] = ask(learned, request).grasps;
    const [other] = ask(learned, moved).grasps;
    expect(norm(subtract(subtract(other.position, one.position), by))).toBeLessThan(1e-5);
    expect(other.quaternion).toEqual(one.quaternion);
  });

  it('ranks as many grasps as there are apart, by what they promise', () => {
    const { grasps } = ask(learned, requestOf(views[1], { ...RAW, count: 5 }));
    expect(grasps.length).toBeGreaterThan(1);
    const promised = grasps.map(({ probability }) => probability!);
    expect(promised).toEqual(promised.toSorted((a, b) => b - a));
    grasps.forEach((a, i) => {
      for (const b of grasps.slice(0, i)) expect(norm(subtract(a.position, b.position))).toBeGreaterThan(0.02);
    });
  });

  it('prefers a grasp whose hand misses what is seen', () => {
    for (const view of views) {
      const [clear] = ask(learned, requestOf(view, { ...RAW, clear: true })).grasps;
      const [best] = ask(learned, requestOf(view, RAW)).grasps;
      expect(clear.overlap).toBeLessThanOrEqual(Math.max(0.006, best.overlap));
    }
  });

  it('declines grasps that are less likely to hold than was asked, and says so', () => {
    const all = ask(learned, requestOf(views[1], { ...RAW, count: 5 })).grasps;
    const [first] = all;
    const some = ask(learned, requestOf(views[1], { ...RAW, count: 5, minProbability: first.probability! - 1e-6 }));
    expect(some.grasps[0]).toEqual(first);
    expect(some.grasps.every(({ probability }) => probability! >= first.probability! - 1e-6)).toBe(true);
    const none = ask(learned, requestOf(views[1], { ...RAW, minProbability: 1 }));
    expect(none).toMatchObject({
      grasps: [],
      warnings: [
        {
          code: 'declined',
          message: expect.stringMatching(/is 100 % likely to hold, as was asked; the best one is \d+ %/),
        },
      ],
    });
  });

  it('lies where the mask allows it, or says that there is nothing', () => {
    const request = requestOf(views[0], RAW);
    const { widthPx, heightPx } = request.intrinsics;
    const nowhere = ask(learned, { ...request, mask: new Uint8Array(widthPx * heightPx) });
    expect(nowhere).toMatchObject({ grasps: [], warnings: [{ code: 'nothing-to-grasp' }] });
    const everywhere = ask(learned, { ...request, mask: new Uint8Array(widthPx * heightPx).fill(1) });
    expect(everywhere.grasps).toEqual(ask(learned, request).grasps);
  });

  it('is made for the hand that is asked about, as an evaluation with that hand', async () => {
    const narrow = { ...GRIPPER_DEFAULTS, stroke: 0.055, fingerLength: 0.045 };
    const { scenario } = learned;
    const gripper = { ...scenario.gripper, ...narrow };
    const evaluated = await openPolicy(await untrainedPolicy({ ...scenario, gripper }), {
      tf: (await loadEngine()).tf,
      openForeign: foreignTrunkOf,
    });
    for (const view of views) {
      const wanted = propose({ ...scenario, gripper }, view, evaluated, rngStream(0, 'predict', 0))!;
      const [grasp] = predict(learned, { ...requestOf(view, RAW), hand: narrow }).prediction.grasps;
      expect([grasp.position, grasp.probability]).toEqual([wanted.grasp.pose.position, wanted.probability]);
    }
    evaluated.dispose();
  });

  it('keeps few hands in mind, and forgets them all in the end', async () => {
    const { tf } = await loadEngine();
    const before = tf.memory().numTensors;
    const predictor = await openPredictor('pretrained');
    const held: number[] = [];
    for (let stroke = 0.05; stroke < 0.1; stroke += 0.005) {
      predict(predictor, { ...requestOf(views[0], RAW), hand: { ...GRIPPER_DEFAULTS, stroke } });
      held.push(tf.memory().numTensors);
    }
    expect(held.slice(5)).toEqual(held.slice(5).map(() => held[5]));
    predictor.policy.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('covers a workspace larger than one heightmap by tiles, each point in one of them', () => {
    const request = requestOf(views[0], { ...RAW, workspace: { centre: [0.1, 0], table: 0, size: [0.6, 0.5] } });
    const { workspace, prediction } = predict(learned, request);
    expect(workspace.tiles.length).toBe(6);
    const [single] = ask(learned, requestOf(views[0], RAW)).grasps;
    expect(prediction.grasps[0].probability).toBeGreaterThan(single.probability! - 0.1);
    const owners = (x: number, y: number): number =>
      workspace.tiles.filter(({ heightmap, pose }) => {
        const [u, v] = compose(invert(pose), { position: [x, y, 0], quaternion: [0, 0, 0, 1] }).position;
        const [row, col] = [v, u].map((d) => Math.floor(d / heightmap.cell + heightmap.size / 2));
        const inside = [row, col].every((k) => k >= 0 && k < heightmap.size);
        return inside && heightmap.graspable?.[row * heightmap.size + col] === 1;
      }).length;
    for (const x of [-0.15, -0.02, 0.13, 0.31]) for (const y of [-0.21, 0.03, 0.2]) expect(owners(x, y)).toBe(1);
  });

  it('says so when the picture shows no table, or hardly anything', () => {
    const request = requestOf(views[0], {});
    const nothing = ask(learned, { ...request, depth: new Float32Array(request.depth.length) });
    expect(nothing.grasps).toEqual([]);
    expect(nothing.warnings.map(({ code }) => code)).toEqual(['few-depths', 'no-table', 'nothing-to-grasp']);
  });

  it('is drawn over the picture and over the heightmap', () => {
    const request = requestOf(views[0], { ...RAW, count: 2 });
    const { width, height, data } = decode(overlayPng(request, predict(learned, request)));
    expect(height).toBeGreaterThanOrEqual(384);
    expect(width).toBeGreaterThan(height * 1.5);
    const best = [13, 148, 136];
    let drawn = 0;
    for (let i = 0; i < data.length; i += 3) if (best.every((c, k) => data[i + k] === c)) drawn++;
    expect(drawn).toBeGreaterThan(100);
  });
});

describe('a question', () => {
  const intrinsics = { widthPx: 64, heightPx: 48, fx: 60, fy: 60, cx: 32, cy: 24 };

  it('has a default for all but the camera', () =>
    expect(parseQuestion({ intrinsics }, 'q')).toEqual({
      ...{
        intrinsics,
        depthScale: 0.001,
        workspace: {},
        count: 1,
        clean: true,
        clear: true,
        minProbability: 0,
        failed: [],
        show: [],
      },
    }));

  it.each([
    [{}, 'q: intrinsics: '],
    [{ intrinsics: { ...intrinsics, fx: -1 } }, 'q: intrinsics.fx: '],
    [{ intrinsics: { ...intrinsics, fx: Number.NaN } }, 'q: intrinsics.fx: '],
    [{ intrinsics: { ...intrinsics, widthPx: 7.5 } }, 'q: intrinsics.widthPx: '],
    [
      { intrinsics: { ...intrinsics, widthPx: 8000, heightPx: 8000, fx: 6000, fy: 6000 } },
      'q: expected a picture of at most ',
    ],
    [{ intrinsics, count: 0 }, 'q: count: '],
    [{ intrinsics, version: 2 }, 'q: version: '],
    [{ intrinsics, hand: { preset: 'claw' } }, 'q: hand.preset: '],
    [{ intrinsics, workspace: { size: [0.3] } }, 'q: workspace.size'],
    [{ intrinsics, workspace: { size: [30, 30] } }, 'q: workspace.size.0: '],
    [
      { intrinsics, T_world_camera: { position: [0, 0, 1], quaternion: [1, 1, 1, 1] } },
      'q: T_world_camera.quaternion: ',
    ],
    [{ intrinsics, workspace: { table: 0 } }, 'q: expected T_world_camera beside workspace.table'],
    [{ intrinsics, workspace: { centre: [0, 0] } }, 'q: expected T_world_camera beside workspace.centre'],
    [{ intrinsics, colour: 'red' }, 'q: '],
    ['depth', 'q: '],
  ])('such as %j is refused by its key', (question, message) =>
    expect(() => parseQuestion(question, 'q')).toThrow(message),
  );

  it('about a hand of another kind is refused', () => {
    const question = parseQuestion({ intrinsics, hand: { preset: 'cup-30' } }, 'q');
    expect(() => predict(heuristic, { ...question, depth: new Float32Array(64 * 48) })).toThrow(
      "hand: expected one of kind 'jaws', as the policy's, got 'suction'",
    );
  });

  it('whose pictures have another size is refused', () => {
    const question = parseQuestion({ intrinsics }, 'q');
    const depth = new Float32Array(64 * 48);
    const colour = new Uint8Array(5);
    expect(() => predict(heuristic, { ...question, depth: depth.subarray(1) })).toThrow(
      'depth: expected 3072 values (64 x 48), got 3071',
    );
    expect(() => predict(heuristic, { ...question, depth, colour })).toThrow(
      'colour: expected 9216 values (64 x 48 x 3), got 5',
    );
  });
});
