/** Source scenario: hand, camera, noise and objects of one source scene, drawn at random. */
import type { HeadKind } from '../../../agent/backbones/descriptor.ts';
import { pow } from '../../../sim/math/exponential.ts';
import { type Rng, rngStream } from '../../../sim/math/rng.ts';
import { cos, sin } from '../../../sim/math/trigonometry.ts';
import { SOURCE_FAMILIES } from '../../../sim/objects/families.ts';
import { ARRANGEMENTS, type SceneSplit } from '../../../sim/scene.ts';
import { type Scenario, scenarioSchema } from '../../schema/schema.ts';

/** A number from one of two ranges that leave a gap between them: the ordinary hand's value is never drawn. */
const around = (rng: Rng, low: readonly [number, number], high: readonly [number, number]): number =>
  rng.next() < 0.5 ? rng.range(...low) : rng.range(...high);

function noise(rng: Rng) {
  const kind = rng.next();
  if (kind < 0.6) {
    const [field, pixel, dropout] = [rng.range(0, 0.004), rng.range(0, 0.002), rng.range(0, 0.04)];
    return { model: 'gaussian-field', field, pixel, dropout };
  }
  if (kind < 0.75)
    return { model: 'gamma-gp', shape: drawnEvenly(rng, 500, 5000), field: rng.next() < 0.5 ? 0 : rng.range(0, 0.007) };
  if (kind < 0.8) return { model: 'quantised', step: rng.range(0.0005, 0.004) };
  return { model: 'stereo', axial: rng.range(0.001, 0.006), edgeDropout: rng.range(0, 0.7), holes: rng.int(10) };
}

/** Evenly on a scale of ratios. */
const drawnEvenly = (rng: Rng, low: number, high: number): number => low * pow(high / low, rng.next());

/** Largest angles between the line of sight and the vertical, degrees: one half of the cameras looks steeply. */
const [STEEP, SLANT] = [40, 75];

/** One or two views from anywhere around, at most {@link SLANT} degrees off the vertical. */
function camera(rng: Rng) {
  const eye = (): [number, number, number] => {
    const polar = (rng.range(0, rng.next() < 0.5 ? STEEP : SLANT) * Math.PI) / 180;
    const [azimuth, distance] = [rng.range(0, 2 * Math.PI), rng.range(0.45, 0.75)];
    const out = distance * sin(polar);
    return [out * cos(azimuth), out * sin(azimuth), distance * cos(polar)];
  };
  const pixels = 128 + 16 * rng.int(7);
  return {
    ...{ widthPx: pixels, heightPx: pixels },
    eye: eye(),
    target: [rng.range(-0.02, 0.02), rng.range(-0.02, 0.02), rng.range(0, 0.06)],
    extraViews: rng.next() < 0.15 ? [{ eye: eye() }] : [],
    fovDeg: rng.range(34, 46),
    eyeJitter: 0,
    noise: noise(rng),
    tableCorrection: rng.next() < 0.5 ? 'scale' : 'shift',
    calibrationError: rng.next() < 0.3 ? rng.range(0, 0.003) : 0,
    texture: rng.next() < 0.4 ? rng.range(0, 0.5) : 0,
  };
}

/** One object, or some dropped on one another, side by side or in a bin. */
function scene(rng: Rng) {
  const most = rng.next() < 0.35 ? 1 : 2 + rng.int(9);
  const arrangement = most === 1 ? 'drop' : ARRANGEMENTS[rng.int(ARRANGEMENTS.length)];
  // more of them hardly find room side by side
  const objectCount = arrangement === 'drop' ? most : Math.min(most, 6);
  const spread = arrangement === 'drop' ? rng.range(0.03, 0.08) : rng.range(0.09, 0.15);
  const density = drawnEvenly(rng, 60, 2000);
  const bin = arrangement === 'drop' && rng.next() < 0.15;
  return {
    ...{ objectCount, arrangement },
    ...(bin && { bin: { halfWidth: rng.range(0.11, 0.16), height: rng.range(0.03, 0.08) } }),
    scale: [0.6, 1.5],
    density: [0.8 * density, 1.25 * density],
    friction: [0.1, 1],
    tableFriction: rng.range(0.2, 1),
    dropHalfWidth: spread,
    workspaceHalfWidth: 0.18,
  };
}

/** A cup between those of the presets, which are left out; its limits scale with it about as theirs do. */
function cup(rng: Rng) {
  const cupRadius = rng.pick(CUP_RADII.map(([low, high]) => rng.range(low, high)));
  const force = Math.PI * cupRadius ** 2 * rng.range(30_000, 80_000);
  return {
    kind: 'suction',
    cupRadius,
    force,
    torqueLimit: force * cupRadius * rng.range(0.3, 0.8),
    padFriction: rng.range(0.6, 1.3),
    fingerLength: rng.range(0.03, 0.08),
    sealFlatness: cupRadius * rng.range(0.07, 0.25),
    sealAngle: rng.range(0.25, 0.6),
    lipTravel: cupRadius * rng.range(0.3, 0.8),
  };
}

/** Jaws with a slim housing or a wide one. */
function jaws(rng: Rng) {
  const palm = {
    palmWidth: rng.range(0.09, 0.22),
    palmDepth: rng.range(0.03, 0.09),
    palmHeight: rng.range(0.04, 0.1),
  };
  return {
    stroke: around(rng, [0.045, 0.074], [0.086, 0.13]),
    force: drawnEvenly(rng, 6, 60),
    fingerLength: around(rng, [0.036, 0.052], [0.058, 0.09]),
    fingerWidth: around(rng, [0.008, 0.018], [0.022, 0.032]),
    fingerThickness: around(rng, [0.005, 0.009], [0.011, 0.018]),
    padFriction: rng.range(0.6, 1.3),
    ...(rng.next() < 0.5 && palm),
  };
}

/** Radii of cups between the presets' 6, 10 and 15 mm, metres. */
const CUP_RADII = [
  [0.004, 0.0055],
  [0.0066, 0.0094],
  [0.0108, 0.0142],
  [0.016, 0.02],
] as const;

/** Two depths, and now and then jaws that come down half closed. */
function action(rng: Rng) {
  const depth = (): number => around(rng, [0.008, 0.033], [0.037, 0.055]);
  const [one, other] = [depth(), depth()];
  return {
    depths: one < other ? [one, other] : [other, one],
    openings: [rng.next() < 0.7 ? 1 : rng.range(0.4, 0.95)],
  };
}

/**
 * The world of one pretraining scene: families, hand, camera, noise and clutter are drawn anew for each, more widely than any
 * scenario varies them. The stroke and fingers of the shipped scenarios are left out: they are *other* hands.
 */
export function sourceScenario(
  seed: number,
  split: SceneSplit,
  index: number,
  kind: HeadKind = 'jaws',
  again = 0,
): Scenario {
  const rng = rngStream(seed, `source/scenario/${split}${again > 0 ? `/${again}` : ''}`, index);
  return scenarioSchema.parse({
    scene: scene(rng),
    sensor: camera(rng),
    gripper: kind === 'suction' ? cup(rng) : jaws(rng),
    action: action(rng),
    training: { families: SOURCE_FAMILIES },
    evaluation: { families: SOURCE_FAMILIES },
  });
}
