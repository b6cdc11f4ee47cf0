/** What a trunk can be pretrained on. */
export const SOURCES = {
  /** Geometry and segmentation of what the camera shows; no grasp is tried. */
  passive: { passive: true, grasp: false },
  /** Outcomes of simulated grasps of other objects with other hands, cameras and noise. */
  grasp: { passive: false, grasp: true },
  /** Both at once. */
  'grasp+passive': { passive: true, grasp: true },
} as const;
export type Source = keyof typeof SOURCES;
export const SOURCE_NAMES = Object.keys(SOURCES) as readonly Source[];
