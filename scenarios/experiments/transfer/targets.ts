/** Settings by section and key, as they would stand in a scenario file; each value replaces the whole of the old one. */
export type Overrides = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What a policy is to be good at: a scenario, and how success is measured. */
export interface Target {
  /** As a sentence puts it, after "on". */
  readonly title: string;
  readonly description: string;
  /** A shipped scenario. */
  readonly scenario: string;
  readonly overrides: Overrides;
  /** What is different while it is evaluated, and only then; success is then also measured without the difference. */
  readonly shift?: Overrides;
  /** At the last budget also rounds of clutter removal: grasp success rate and declutter rate. */
  readonly rounds: boolean;
  /** Measured with more seeds, budgets and trials. */
  readonly main: boolean;
}

/** What the published results are of, whatever the defaults have become. */
export const MEASURED_ACTION = { depths: [0.035], leverCost: 0 } as const;

/**
 * The noise of VGN's and GIGA's scenes, and what every policy's heightmap does about it: the table tells the factor that the
 * whole picture is off by, and bumps that noise makes on the table (5 mm deviation) are no objects.
 */
const PUBLISHED_NOISE: Overrides = {
  sensor: { noise: { model: 'gamma-gp', shape: 1000, field: 0.005 }, tableCorrection: 'scale' },
  // the results are older than careful choices
  action: { ...MEASURED_ACTION, objectPeak: 0.016, careful: undefined },
};

const SIDE_VIEW = { eye: [0.3, -0.38, 0.3], target: [0, 0, 0.02], fovDeg: 50, eyeJitter: 0.04 };
const HEAVY_NOISE = {
  noise: { model: 'gaussian-field', field: 0.004, pixel: 0.003, dropout: 0.08 },
  calibrationError: 0.003,
};
const SLIPPERY = { friction: [0.12, 0.3], density: [60, 250] };

const onTabletop = (title: string, description: string, overrides: Overrides, more: Partial<Target> = {}): Target => ({
  title,
  description,
  scenario: 'tabletop',
  overrides: { ...overrides, action: { ...MEASURED_ACTION, ...overrides.action } },
  rounds: false,
  main: false,
  ...more,
});

/** Every target; to add one is to add an entry. All are evaluated on families that no weight has seen. */
export const TARGETS = {
  unseen: onTabletop(
    'unseen families',
    'one object of a family never seen in training, ordinary camera and hand',
    {},
    {
      main: true,
    },
  ),
  clutter: {
    title: 'packed clutter',
    description: 'five objects of unseen families packed side by side, one view with strong smooth depth noise',
    scenario: 'packed',
    overrides: PUBLISHED_NOISE,
    rounds: true,
    main: true,
  },
  pile: {
    title: 'piles',
    description: 'five objects of unseen families dropped on one another, the same depth noise',
    scenario: 'pile',
    overrides: PUBLISHED_NOISE,
    rounds: true,
    main: false,
  },
  narrow: onTabletop('a narrow hand', 'jaws that open 60 mm instead of 80 mm', { gripper: { stroke: 0.06 } }),
  'long-fingers': onTabletop('long fingers', 'fingers of 75 mm that reach 50 mm below the local top', {
    gripper: { fingerLength: 0.075 },
    action: { depths: [0.05] },
  }),
  suction: {
    title: 'a suction cup',
    description: 'a 12 mm cup in place of the jaws',
    scenario: 'suction',
    overrides: { action: MEASURED_ACTION },
    rounds: false,
    main: false,
  },
  side: onTabletop('a side view', 'camera low at the side, wider lens: half of each object is hidden', {
    sensor: SIDE_VIEW,
  }),
  noise: onTabletop('heavy noise', 'depth with 4 mm smooth and 3 mm pixel noise, 8 % dropout, a camera 3 mm off', {
    sensor: HEAVY_NOISE,
  }),
  visual: onTabletop(
    'another look',
    'trained under one fixed light on plain surfaces, evaluated under random light on strongly textured ones',
    { sensor: { randomLight: false, texture: 0 } },
    { shift: { sensor: { randomLight: true, texture: 1 } } },
  ),
  slippery: onTabletop('slippery, light objects', 'friction 0.12 to 0.3 and density 60 to 250 kg/m^3', {
    scene: SLIPPERY,
  }),
  // with the settings of today, where the shipped policy has something to learn
  hard: {
    title: 'adversarial shapes',
    description: 'plates, keys and tetrahedra, in own trials, too: judged are other scenes of them',
    scenario: 'hard',
    overrides: { training: { families: ['plate', 'key', 'tetra'] } },
    rounds: false,
    main: false,
  },
  cup: {
    title: 'a suction cup as shipped',
    description: 'a 12 mm cup whose policy knows cups from pretraining, and counts levers',
    scenario: 'suction',
    overrides: {},
    rounds: false,
    main: false,
  },
  hardest: {
    title: 'slippery objects from the side in heavy noise',
    description: 'all of slippery, side and noise at once',
    scenario: 'tabletop',
    overrides: { scene: SLIPPERY, sensor: { ...SIDE_VIEW, ...HEAVY_NOISE } },
    rounds: false,
    main: false,
  },
} as const satisfies Record<string, Target>;

export type TargetName = keyof typeof TARGETS;
export const TARGET_NAMES = Object.keys(TARGETS) as readonly TargetName[];
