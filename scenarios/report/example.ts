/** A scene as reports show it: picture, heightmap, what a policy saw in it, and what came of it. */

/** A picture, [height, width, 3] sRGB bytes. */
export interface ReportImage {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** One scene, what a policy saw in it and what came of it. */
export interface ReportExample {
  readonly title: string;
  /** Camera frame. */
  readonly image: ReportImage;
  /** [size, size] metres above the table; row 0 is at the lowest world y. */
  readonly heightmap: { readonly size: number; readonly height: Float32Array };
  /** [size, size] predicted probability, 0..1; 0 where nothing was predicted. This and `grasp` are of the first policy in `outcomes`. */
  readonly affordance: Float32Array | null;
  /** Heightmap cells (fractions allowed); yaw of the closing axis from world +X, radians. */
  readonly grasp: {
    readonly row: number;
    readonly col: number;
    readonly yaw: number;
    readonly openingCells: number;
  } | null;
  readonly outcomes: readonly { readonly policy: string; readonly outcome: string }[];
  /** Predicted for the grasp. */
  readonly probability: number | null;
}
