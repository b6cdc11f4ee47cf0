/**
 * Physics constants: every number that the engine is set to. Stock contact settings let a 20 N grip sink centimetres into a
 * light cube (contacts are springs of 30 Hz by default), so these are tuned for small, light objects under large forces;
 * docs/physics.md has what was measured.
 */
export interface PhysicsSettings {
  /** Simulation steps a second. */
  readonly stepHz: number;
  readonly solverIterations: number;
  readonly internalPgsIterations: number;
  /** Natural frequency of the contact springs, Hz. */
  readonly contactFrequencyHz: number;
  /** Rapier's length unit: the size of a typical object, metres. */
  readonly lengthUnit: number;
  /** m/s^2, along world -Z. */
  readonly gravity: number;
}

export const PHYSICS_DEFAULTS: PhysicsSettings = {
  stepHz: 240,
  solverIterations: 4,
  internalPgsIterations: 1,
  contactFrequencyHz: 720,
  lengthUnit: 0.05,
  gravity: 9.81,
};

/**
 * Rapier simulates in decimetres (kg, s): its closest-point search and its mass properties have absolute tolerances made for
 * things of a metre, and at 5 cm it sees contacts where there are none. Only `physics.ts` sees these units.
 */
export const SCALE = 10;

/**
 * Settings that Rapier has and its JavaScript interface does not offer. They are written into the snapshot of an empty world.
 * Measured one by one against a second engine: docs/physics.md.
 */
const UNEXPOSED = {
  /** Reusing contacts that moved less than 5 % of the length unit keeps normals that are wrong on round and sharp things. */
  recycleContacts: 0,
  /** Passes of the contact solver without bias, the only ones that solve friction. Stock: 1. */
  relaxIterations: 2,
  /**
   * 1: Coulomb friction at each contact point. Stock is 0, one friction per contact patch: exact for a flat face that slides, but
   * it resists turning and squeezing out where only an edge of the patch bears load, and holds twice as much as it should.
   */
  frictionModel: 1,
  /** Hz, of contacts with what never moves; stock 60. As stiff as the others, a stack of boxes creeps sideways. */
  fixedContactFrequency: 120,
  /** m/s: how fast penetration may be pushed out. A light object in a firm grip needs more than the stock 3 length units. */
  correctiveSpeed: 1,
} as const;

/** Offset of each field in Rapier 0.20's snapshot, bytes, little-endian. */
const OFFSETS = {
  contactFrequency: 20,
  fixedContactFrequency: 28,
  lengthUnit: 40,
  correctiveSpeed: 48,
  solverIterations: 60,
  pgsIterations: 68,
  relaxIterations: 76,
  clusterContacts: 92,
  recycleContacts: 93,
  recycleDistance: 94,
  frictionModel: 100,
} as const;

/**
 * Whether a snapshot of an empty world is laid out as {@link OFFSETS} says.
 * @param view the bytes of a snapshot that was taken with `settings`, decimetres.
 */
export function isKnownLayout(view: DataView, settings: PhysicsSettings): boolean {
  const float = (at: number, expected: number): boolean => view.getFloat32(at, true) === Math.fround(expected);
  const word = (at: number, expected: number): boolean => view.getUint32(at, true) === expected;
  return (
    float(OFFSETS.contactFrequency, settings.contactFrequencyHz) &&
    float(OFFSETS.fixedContactFrequency, 60) &&
    float(OFFSETS.lengthUnit, settings.lengthUnit * SCALE) &&
    float(OFFSETS.correctiveSpeed, 3) &&
    word(OFFSETS.solverIterations, settings.solverIterations) &&
    word(OFFSETS.pgsIterations, settings.internalPgsIterations) &&
    word(OFFSETS.relaxIterations, 1) &&
    view.getUint8(OFFSETS.clusterContacts) === 1 &&
    view.getUint8(OFFSETS.recycleContacts) === 1 &&
    float(OFFSETS.recycleDistance, 0.05) &&
    word(OFFSETS.frictionModel, 0)
  );
}

/** Writes {@link UNEXPOSED} into a snapshot of an empty world. @param view its bytes, of a known layout; changed. */
export function writeUnexposed(view: DataView, { lengthUnit }: PhysicsSettings): void {
  view.setFloat32(OFFSETS.fixedContactFrequency, UNEXPOSED.fixedContactFrequency, true);
  view.setFloat32(OFFSETS.correctiveSpeed, UNEXPOSED.correctiveSpeed / lengthUnit, true);
  view.setUint32(OFFSETS.relaxIterations, UNEXPOSED.relaxIterations, true);
  view.setUint8(OFFSETS.recycleContacts, UNEXPOSED.recycleContacts);
  view.setUint32(OFFSETS.frictionModel, UNEXPOSED.frictionModel, true);
}
