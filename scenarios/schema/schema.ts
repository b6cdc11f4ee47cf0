import { z } from 'zod';
import { HEAD_INITS, REGIME_NAMES, type Regime } from '../../agent/learner/regimes.ts';
import { DRAWS } from '../../agent/learner/replay.ts';
import { LEARNER_DEFAULTS } from '../../agent/learner/settings.ts';
import { TECHNIQUE_NAMES } from '../../agent/learner/techniques/registry.ts';
import { ACTION_DEFAULTS } from '../../agent/policy/action-space.ts';
import { HEIGHTMAP_DEFAULTS } from '../../sim/camera/heightmap.ts';
import {
  CUP_PRESETS,
  type CupSettings,
  GRIPPER_PRESETS,
  type GripperPreset,
  JAW_PRESETS,
  presetKind,
  suctionCup,
} from '../../sim/hand/presets.ts';
import { HAND_KINDS, type HandKindName, type HandSettings, type SuctionSettings } from '../../sim/hand/settings.ts';
import { MOTION_DEFAULTS } from '../../sim/motion.ts';
import { FAMILIES, type Family, HELD_OUT_FAMILIES, TRAINING_FAMILIES } from '../../sim/objects/families.ts';
import { PHYSICS_DEFAULTS } from '../../sim/physics.ts';
import { ARRANGEMENTS } from '../../sim/scene.ts';

const length = (low: number, high: number) => z.number().min(low).max(high);
const count = (low: number, high: number) => z.number().int().min(low).max(high);
const seconds = z.number().min(0).max(10);
const range = (low: number, high: number) =>
  z
    .tuple([length(low, high), length(low, high)])
    .refine(([a, b]) => a <= b, { error: 'expected [low, high] with low <= high' });
const families = z.array(z.enum(FAMILIES as [Family, ...Family[]])).min(1);
const point = z.tuple([length(-3, 3), length(-3, 3), length(-3, 3)]);

const scene = z.strictObject({
  objectCount: count(1, 20).default(1).describe('objects on the table'),
  arrangement: z.enum(ARRANGEMENTS).default('drop').describe('dropped on one another, or packed side by side'),
  scale: range(0.2, 4).default([0.85, 1.25]).describe("factor on every object's size"),
  density: range(20, 20_000).default([200, 1000]).describe('kg/m^3'),
  friction: range(0.01, 2).default([0.25, 0.8]).describe("coefficient of the object's surface"),
  tableFriction: length(0.01, 2).default(0.6),
  dropHalfWidth: length(0, 0.3).default(0.07).describe('objects are dropped within this distance of the centre, m'),
  bin: z
    .strictObject({
      halfWidth: length(0.03, 0.4).describe('from the centre to the inner face of each wall, m'),
      height: length(0.005, 0.3).describe('of the walls, m'),
    })
    .optional()
    .describe('four walls around the workspace'),
  workspaceHalfWidth: length(0.02, 0.5).default(0.13).describe('objects must come to rest within this distance, m'),
});

const noise = z.discriminatedUnion('model', [
  z.strictObject({ model: z.literal('none') }),
  z.strictObject({
    model: z.literal('gaussian-field'),
    field: length(0, 0.05).default(0.0015).describe('standard deviation of the smooth error, m'),
    pixel: length(0, 0.05).default(0.001).describe('standard deviation of the independent error, m'),
    dropout: z.number().min(0).max(1).default(0.01).describe('probability of a pixel without return'),
  }),
  z.strictObject({
    model: z.literal('gamma-gp'),
    shape: z.number().min(10).max(1e6).default(1000).describe('shape of the multiplicative gamma factor'),
    field: length(0, 0.05).default(0.005).describe('standard deviation of the Gaussian process, m'),
  }),
  z.strictObject({
    model: z.literal('stereo'),
    axial: length(0, 0.1).default(0.003).describe('standard deviation at 1 m, m; grows with depth squared'),
    edgeDropout: z.number().min(0).max(1).default(0.5).describe('probability of no return on a depth edge'),
    holes: count(0, 200).default(6),
    holeRadiusPx: z.number().min(0.5).max(100).default(3),
  }),
  z.strictObject({
    model: z.literal('quantised'),
    step: length(0.0001, 0.05).default(0.002).describe('depth step, m'),
  }),
]);

const view = z.strictObject({ eye: point, target: point.default([0, 0, 0]) });

const sensor = z.strictObject({
  widthPx: count(16, 1024).default(128),
  heightPx: count(16, 1024).default(128),
  fovDeg: z.number().min(5).max(120).default(40).describe('vertical field of view, degrees'),
  eye: point.default([0, -0.25, 0.55]).describe('position of the camera, m'),
  target: point.default([0, 0, 0]).describe('point the camera looks at, m'),
  fovJitterDeg: z
    .number()
    .min(0)
    .max(20)
    .default(0)
    .describe('largest change of the field of view; known to the policy'),
  extraViews: z.array(view).max(7).default([]).describe('further cameras; all go into one heightmap'),
  eyeJitter: length(0, 0.2)
    .default(0.02)
    .describe('largest shift of the camera along each axis, m; known to the policy'),
  noise: noise.default({ model: 'gaussian-field', field: 0.0015, pixel: 0.001, dropout: 0.01 }),
  tableCorrection: z
    .enum(['shift', 'scale'])
    .optional()
    .describe(
      "where noise or calibration move the whole picture: 'shift' (the default) brings the table back to height 0 by shifting all heights, " +
        "'scale' by one factor on all depths, which also takes back what moved sideways",
    ),
  calibrationError: length(0, 0.05)
    .default(0)
    .describe('standard deviation of the camera pose error, m; unknown to the policy'),
  randomLight: z.boolean().default(true),
  texture: z.number().min(0).max(1).default(0).describe('contrast of a random texture on table and objects'),
  heightmap: z
    .strictObject({
      size: count(32, 256).default(HEIGHTMAP_DEFAULTS.size).describe('cells a side'),
      cell: length(0.001, 0.02).default(HEIGHTMAP_DEFAULTS.cell).describe('side of a cell, m'),
    })
    .prefault({}),
});

const physics = z.strictObject({
  stepHz: count(60, 4000).default(PHYSICS_DEFAULTS.stepHz),
  solverIterations: count(1, 64).default(PHYSICS_DEFAULTS.solverIterations),
  internalPgsIterations: count(1, 32).default(PHYSICS_DEFAULTS.internalPgsIterations),
  contactFrequencyHz: z.number().min(10).max(4000).default(PHYSICS_DEFAULTS.contactFrequencyHz),
  lengthUnit: length(0.001, 1).default(PHYSICS_DEFAULTS.lengthUnit).describe('size of a typical object, m'),
  gravity: z.number().min(0).max(30).default(PHYSICS_DEFAULTS.gravity).describe('m/s^2'),
});

const gripperInput = z.strictObject({
  kind: z.enum(HAND_KINDS).optional().describe("'jaws' unless the preset is a cup"),
  preset: z
    .enum(GRIPPER_PRESETS as [GripperPreset, ...GripperPreset[]])
    .optional()
    .describe('where every setting that is not given comes from; see docs/physics.md'),
  stroke: length(0.01, 0.3).optional().describe('jaws: largest distance between the pads, m'),
  force: z.number().min(0.1).max(500).optional().describe('of each finger, or the pull at which a cup lets go, N'),
  closingSpeed: length(0.01, 1).optional().describe('jaws: m/s'),
  fingerLength: length(0.01, 0.2).optional().describe("or of a cup's stem, m"),
  fingerWidth: length(0.002, 0.1).optional(),
  fingerThickness: length(0.002, 0.05).optional(),
  fingerMass: z.number().min(0.001).max(1).optional().describe('kg'),
  padFriction: length(0.01, 3).optional().describe("or of a cup's lip"),
  cupRadius: length(0.002, 0.05).optional().describe('suction: radius of the lip, m'),
  torqueLimit: z.number().min(0.001).max(50).optional().describe('suction: torque at which the lip peels off, N m'),
  sealFlatness: length(0.0001, 0.02).optional().describe('suction: how far the surface may stray from a plane, m'),
  sealAngle: z.number().min(0.01).max(1.2).optional().describe('suction: largest tilt of the surface, radians'),
  lipTravel: length(0.0005, 0.03).optional().describe('suction: how far the lip gives way, m'),
  compliance: z.number().min(2).max(40).optional().describe('suction: natural frequency of an object on the cup, Hz'),
});

type GripperInput = z.infer<typeof gripperInput>;

/** Every key that a gripper may have. */
export const GRIPPER_KEYS = Object.keys(gripperInput.shape);

const gripper = gripperInput
  .superRefine((input, context) => {
    for (const message of misfits(input)) context.addIssue({ code: 'custom', ...message, input });
  })
  .transform(resolveGripper);

const gripperKind = ({ kind, preset }: GripperInput): HandKindName => kind ?? (preset ? presetKind(preset) : 'jaws');

/** Keys that the kind of gripper does not have, and a preset of the other kind. */
function misfits(input: GripperInput): { message: string; path: (keyof GripperInput)[] }[] {
  const kind = gripperKind(input);
  if (input.preset && presetKind(input.preset) !== kind) {
    const fitting = GRIPPER_PRESETS.filter((p) => presetKind(p) === kind).join(', ');
    return [{ message: `expected a preset of kind '${kind}' (${fitting})`, path: ['preset'] }];
  }
  const resolved: Readonly<Record<string, unknown>> = { ...resolveGripper(input) };
  return (Object.keys(input) as (keyof GripperInput)[])
    .filter((key) => input[key] !== undefined && resolved[key] !== input[key])
    .map((key) => ({ message: `expected a key that '${kind}' has`, path: [key] }));
}

/** The preset with what is given on top; parsing the result again gives the same. */
function resolveGripper(
  input: GripperInput,
): (HandSettings | SuctionSettings) & { readonly kind: HandKindName; readonly preset: GripperPreset } {
  const kind = gripperKind(input);
  const preset = input.preset ?? (kind === 'jaws' ? 'default' : 'cup-30');
  const settings =
    kind === 'jaws' ? JAW_PRESETS[preset as keyof typeof JAW_PRESETS] : CUP_PRESETS[preset as keyof typeof CUP_PRESETS];
  const own = Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key, input[key as keyof GripperInput] ?? value]),
  );
  if (kind === 'suction') return { ...suctionCup(own as unknown as CupSettings), preset };
  return { kind, preset, ...(own as unknown as Omit<HandSettings, 'kind'>) };
}

const motion = z.strictObject({
  descentSpeed: length(0.01, 1).default(MOTION_DEFAULTS.descentSpeed).describe('m/s'),
  stopForce: z
    .number()
    .min(0.1)
    .max(100)
    .default(MOTION_DEFAULTS.stopForce)
    .describe('contact force that stops the descent, N'),
  lift: length(0.11, 0.5).default(MOTION_DEFAULTS.lift).describe('m; a held object rises at least 0.1 m'),
  liftTime: seconds.min(0.1).default(MOTION_DEFAULTS.liftTime),
  holdTime: seconds.default(MOTION_DEFAULTS.holdTime),
  shakeTime: seconds.default(MOTION_DEFAULTS.shakeTime),
  shakeAmplitude: length(0, 0.1).default(MOTION_DEFAULTS.shakeAmplitude),
  shakeHz: z.number().min(0).max(20).default(MOTION_DEFAULTS.shakeHz),
});

const action = z.strictObject({
  angles: count(1, 72).default(ACTION_DEFAULTS.angles).describe('closing angles over 180 degrees'),
  depths: z
    .array(length(0.002, 0.2))
    .min(1)
    .max(8)
    .default([...ACTION_DEFAULTS.depths])
    .describe('finger tips below the local top, m'),
  openings: z
    .array(z.number().min(0.1).max(1))
    .min(1)
    .max(4)
    .default([...ACTION_DEFAULTS.openings])
    .describe('distance between the pads while approaching, as shares of the stroke'),
  tableClearance: length(0, 0.1).default(ACTION_DEFAULTS.tableClearance),
  objectHeight: length(0.001, 0.1)
    .default(ACTION_DEFAULTS.objectHeight)
    .describe('cells higher than this show an object, m'),
  objectPeak: length(0.001, 0.2)
    .optional()
    .describe(
      'a patch of such cells counts only if some cell of it is higher than this: strong noise makes bumps on the table, m',
    ),
  pessimism: z
    .number()
    .min(0)
    .max(10)
    .default(ACTION_DEFAULTS.pessimism)
    .describe("a greedy learned policy ranks by the head's mean minus this many standard deviations of its members"),
  smoothing: z
    .number()
    .min(0)
    .max(1)
    .default(ACTION_DEFAULTS.smoothing)
    .describe('share of the next cells and angles in a greedy learned score'),
  regionHalfWidth: length(0.01, 1)
    .optional()
    .describe(
      'grasps are proposed within this distance (each axis) of the centre; in a bin, by default, between its walls, m',
    ),
});

const rates = {
  learningRate: z.number().min(1e-6).max(1).default(LEARNER_DEFAULTS.learningRate),
  weightDecay: z.number().min(0).max(1).default(LEARNER_DEFAULTS.weightDecay),
  batchSize: count(1, 1024).default(LEARNER_DEFAULTS.batchSize),
  updatesPerTrial: z.number().min(0).max(100).default(LEARNER_DEFAULTS.updatesPerTrial),
};

const learner = z.strictObject({
  arm: z
    .enum(REGIME_NAMES as [Regime, ...Regime[]])
    .default('pretrained')
    .describe('what the learner starts from and may change'),
  technique: z
    .enum(TECHNIQUE_NAMES)
    .optional()
    .describe("what of the network learns; the arm's own choice if left out"),
  width: z
    .number()
    .min(0.25)
    .max(8)
    .default(LEARNER_DEFAULTS.width)
    .describe("factor on every layer's outputs; for arms 'random', 'scratch' and 'equivariant'"),
  backbone: z
    .string()
    .min(1)
    .default('grasp-passive')
    .describe(
      'pretrained trunk: a name that `graft backbones` lists, or the path of a model card or .safetensors file',
    ),
  taps: z
    .array(z.string().min(1))
    .min(1)
    .max(16)
    .optional()
    .describe("layers of the trunk that the head reads; the model card's if left out"),
  replay: z
    .enum(DRAWS)
    .default(LEARNER_DEFAULTS.replay)
    .describe('how batches are drawn: uniformly, as many held as failed, or half of them recent failures'),
  head: z
    .enum(HEAD_INITS)
    .default(LEARNER_DEFAULTS.head)
    .describe(
      'what the head begins with: nothing, what was pretrained along with the trunk, or the latter where there is such',
    ),
  headAnchor: z
    .number()
    .min(0)
    .max(1000)
    .default(LEARNER_DEFAULTS.headAnchor)
    .describe('technique head, where the head starts from the trunk: how strongly it is held to where it began'),
  ...rates,
  endToEnd: z
    .strictObject({
      learningRate: z.number().min(1e-6).max(1).default(LEARNER_DEFAULTS.endToEnd.learningRate),
      weightDecay: z.number().min(0).max(1).default(LEARNER_DEFAULTS.endToEnd.weightDecay),
      batchSize: count(1, 256).default(LEARNER_DEFAULTS.endToEnd.batchSize),
      updatesPerTrial: z.number().min(0).max(100).default(LEARNER_DEFAULTS.endToEnd.updatesPerTrial),
      layerDecay: z
        .number()
        .min(0.01)
        .max(1)
        .optional()
        .describe(
          "learning rate of a layer over the next one's; 0.7 for 'full' and 'gradual' on a pretrained trunk, else 1",
        ),
      l2sp: z
        .number()
        .min(0)
        .max(10_000)
        .default(LEARNER_DEFAULTS.endToEnd.l2sp)
        .describe("'l2-sp': decay of the trunk towards its start"),
      unfreezeEvery: z
        .number()
        .min(1)
        .max(100_000)
        .default(LEARNER_DEFAULTS.endToEnd.unfreezeEvery)
        .describe("'gradual': trials from one block to the next"),
      adapterRank: count(1, 64)
        .default(LEARNER_DEFAULTS.endToEnd.adapterRank)
        .describe("'adapter': rank of each kernel's change"),
    })
    .prefault({})
    .describe('for techniques that train the trunk'),
});

const training = z.strictObject({
  families: families.default([...TRAINING_FAMILIES]).describe('object families to train on'),
  trials: count(1, 1_000_000).default(600),
  seed: count(0, Number.MAX_SAFE_INTEGER).default(0),
  scenesPerRound: count(1, 256).default(8).describe('scenes tried between two updates'),
  graspsPerScene: count(1, 32)
    .default(2)
    .describe('grasps tried on each scene, each from its settled state; with training.rounds, one after the other'),
  warmupTrials: count(0, 100_000).default(32).describe('random grasps at the start'),
  epsilon: z.number().min(0).max(1).default(0.1).describe('share of random grasps afterwards'),
  temperature: z.number().min(0.001).max(100).default(0.5).describe('of the soft-max over logits'),
  heuristicShare: z.number().min(0).max(1).default(0).describe('share of the random grasps that are antipodal instead'),
  rounds: z
    .boolean()
    .optional()
    .describe('play rounds of clutter removal: each grasp takes the scene that the one before left'),
  sameCell: z.boolean().default(false).describe('grasps of a scene share their cell and differ in angle'),
});

const evaluation = z.strictObject({
  families: families.default([...HELD_OUT_FAMILIES]).describe('object families to evaluate on'),
  trials: count(1, 1_000_000).default(500),
  seed: count(0, Number.MAX_SAFE_INTEGER).default(0),
});

const objects = z.strictObject({
  path: z.string().min(1).describe('folder or file of URDF, OBJ, STL or GLB, relative to the scenario file'),
  unit: z.enum(['m', 'cm', 'mm', 'inch']).default('m').describe('of meshes without URDF'),
  up: z.enum(['z', 'y']).optional().describe("of meshes without URDF; without it 'y' for GLB and 'z' for the others"),
  density: z.number().min(10).max(25_000).default(500).describe('kg/m^3, for objects whose URDF gives no mass'),
  friction: range(0.01, 2).optional().describe("coefficient of the objects' surface; scene.friction if left out"),
  scaleToGripper: z.boolean().default(false).describe('scale each object so that its longest side is the stroke'),
  split: z.boolean().default(false).describe('keep about a third of the objects, chosen by name, for evaluation alone'),
});

/** Objects from files, in place of the families. */
export type ObjectsSettings = z.infer<typeof objects>;

/** The settings that a path alone stands for. @throws ZodError if the path is empty. */
export const objectsAt = (path: string): ObjectsSettings => objects.parse({ path });

const settings = z.strictObject({
  description: z.string().default(''),
  scene: scene.prefault({}),
  objects: objects.optional().describe('objects from files, in place of the families'),
  sensor: sensor.prefault({}),
  physics: physics.prefault({}),
  gripper: gripper.prefault({}),
  motion: motion.prefault({}),
  action: action.prefault({}),
  learner: learner.prefault({}),
  training: training.prefault({}),
  evaluation: evaluation.prefault({}),
});

/** How far from the walls of a bin its contents are looked for: the walls' own faces look like objects, metres. */
const WALL_MARGIN = 0.006;

/** A scenario file. Lengths in metres, times in seconds unless said otherwise. Every key has a default. */
export const scenarioSchema = settings.transform((scenario) => {
  const { bin } = scenario.scene;
  if (!bin) return scenario;
  const { regionHalfWidth = bin.halfWidth - WALL_MARGIN } = scenario.action;
  return { ...scenario, action: { ...scenario.action, regionHalfWidth } };
});

/** A scenario with every default filled in. */
export type Scenario = z.infer<typeof scenarioSchema>;

/** The schema for editors (`# yaml-language-server: $schema=...`). */
export const scenarioJsonSchema = (): unknown => z.toJSONSchema(scenarioSchema, { io: 'input' });
