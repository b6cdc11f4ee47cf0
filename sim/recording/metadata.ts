/** What a recording says of the run it was made in: all that its trials depend on. Every value is a text. */
export interface RecordingMetadata {
  /** Of what is in the recording; `RECORDING_VERSION`. */
  readonly version: string;
  /** Version of graft. */
  readonly graft: string;
  readonly scenarioName: string;
  /** The resolved scenario, JSON. */
  readonly scenario: string;
  readonly seed: string;
  /** The arm that learns, or the policy that is evaluated. */
  readonly policy: string;
  /** Grasps each on a scene that nobody touched, or of rounds of clutter removal. */
  readonly protocol: 'single' | 'clutter';
  /** Of the weights at the start; `none` without any. */
  readonly weightsHash: string;
  /** Physics engine and its version. */
  readonly physics: string;
  /** Tensor engine. */
  readonly engine: string;
  /** Of everything that has one, JSON. */
  readonly versions: string;
  /** Of the objects from files; `none` without any. */
  readonly objectsHash: string;
  /** Which trials: `all`, `failures` or `every:N`. */
  readonly recorded: string;
  /** The command line of the run. */
  readonly command: string;
}

/** The metadata as a file has it: what an older version did not know is missing. */
export type StoredMetadata = Readonly<Partial<RecordingMetadata>>;
