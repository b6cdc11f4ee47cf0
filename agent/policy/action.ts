/** A grasp in the policy's own terms, and the same as logs keep it. */
export interface Action {
  /** Heightmap cell: row * size + column. */
  readonly cell: number;
  /** Bin of the closing angle. */
  readonly angle: number;
  /** Index among the grasp shapes (`graspShapes`). */
  readonly shape: number;
  /** Of a heuristic's grasp: how well it fits. */
  readonly score?: number;
}

/** An action as trials are logged: there the index of the shape is called `depth`. */
export interface LoggedAction extends Omit<Action, 'shape'> {
  readonly depth: number;
}

/** An action for the log: its keys come in this order. */
export const toLog = ({ cell, angle, shape, ...rest }: Action): LoggedAction => ({
  cell,
  angle,
  depth: shape,
  ...rest,
});

/** A logged action. */
export const fromLog = ({ cell, angle, depth, ...rest }: LoggedAction): Action => ({
  cell,
  angle,
  shape: depth,
  ...rest,
});
