/** A grasp in the policy's own terms, and the same as logs keep it. */
export interface Action {
  /** Heightmap cell: row * size + column. */
  readonly cell: number;
  /** Bin of the closing angle. */
  readonly angle: number;
  /** Index among the grasp shapes (`graspShapes`). */
  readonly shape: number;
}

/** An action as trials are logged: there the index of the shape is called `depth`. */
export interface LoggedAction {
  readonly cell: number;
  readonly angle: number;
  readonly depth: number;
}

/** An action for the log. */
export const toLog = ({ cell, angle, shape }: Action): LoggedAction => ({ cell, angle, depth: shape });

/** A logged action. */
export const fromLog = ({ cell, angle, depth }: LoggedAction): Action => ({ cell, angle, shape: depth });
