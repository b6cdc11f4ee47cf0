/** Model card of an exported network, as Markdown: what it is, what goes in and comes out, its limits. */
import { LOOKS } from '../../../agent/network/features.ts';
import { MEMBERS } from '../../../agent/network/head.ts';
import type { LoadedScenario } from '../../load.ts';
import { intervalText, markdownRow, rateText } from '../../report/markdown.ts';
import type { signature } from './graph.ts';
import { OPSET } from './messages.ts';
import { CHANNELS, LICENCE } from './metadata.ts';
import type { Origin } from './origin.ts';

/** What a card tells of. */
export interface CardContent extends ReturnType<typeof signature> {
  /** Name of the `.onnx` beside it. */
  readonly file: string;
  readonly origin: Origin;
  readonly on: LoadedScenario;
  /** As in the file. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The card. */
export const modelCard = (content: CardContent): string =>
  `# ${content.file}

Grasp network of graft ${content.metadata.graft}: trunk and head in one ONNX graph, operators of version ${OPSET}.
For each candidate grasp it answers how likely the grasp holds.

## What it was trained on

${trainingText(content.origin)}

## Inputs and outputs

All are float32. Words are sizes that may vary.

${table(['name', 'shape'], [...shapeRows('input', content.inputs), ...shapeRows('output', content.outputs)])}

* \`windows\`: turned rectangles of the heightmap, one for each closing angle. Rows and columns are multiples of
  the metadata's \`window.multiple\`. Columns run along the closing axis.
* \`points\`: column and row of each candidate in its window. The first cell's centre is at 0.5.
  The network looks there and ${LOOKS[2]} cells to either side along the columns.
* \`logits\`: log-odds that the grasp holds, by which a greedy policy ranks. \`1 / (1 + exp(-logit))\` is the probability.
* \`members\`: the same from each of the head's ${MEMBERS} members. \`logits\` is their mean${pessimismText(content.on)}.

Channels of a window:

${table(
  ['channel', 'name', 'what'],
  CHANNELS.map(([name, what], i) => [String(i), name, what]),
)}

## Frames and units

Lengths are metres, angles radians. The world has +Z up, and the table lies at z = 0.
Cell (row, col) of the heightmap has its centre at x = (col + 0.5) cell - half, y = (row + 0.5) cell - half,
with half = size cell / 2. Closing angle i is i pi / angles from world +X.
Shape j is a pair in \`action.shapes\`: depth of the finger tips below the highest of the 3 x 3 cells, and opening.
The tips never go lower than \`action.tableClearance\`.

## From a depth picture to a grasp

\`\`\`sh
pip install numpy onnxruntime
python onnx_grasp.py ${content.file} depth.npy camera.json
\`\`\`

\`depth.npy\` is [height, width] in metres along the optical axis, 0 for no return.
\`camera.json\` holds \`fx, fy, cx, cy\` in pixels and \`T_world_camera\`. \`npx graft frame --out <folder>\` writes both.
The program prints cell, angle and shape, and the grasp in the world: midpoint of the finger tips, quaternion
[x, y, z, w] (+Z approach, +X closing), opening and probability.
It chooses as \`npx graft predict <policy> --raw --centre 0,0 --table 0\` does. Where it simplifies:

${simplifications(content.on)
  .map((line) => `* ${line}`)
  .join('\n')}

## Limits

* It learned in simulation only; nothing here was measured on a real robot.
* It knows the hand, the shapes and the cell size in its metadata, and grasps straight down.
* Success means: held after lift, hold and shake in the simulator.
* The probability is calibrated on simulated scenes at most.

## Metadata

${table(
  ['key', 'value'],
  Object.entries(content.metadata).map(([key, value]) => [key, `\`${value}\``]),
)}

## Licence

${LICENCE}, as graft. The weights were made by graft's own commands.
`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '-'), ...rows].map(markdownRow).join('\n');

const shapeRows = (kind: string, shapes: Readonly<Record<string, readonly (string | number)[]>>): string[][] =>
  Object.entries(shapes).map(([name, shape]) => [`${kind} \`${name}\``, `[${shape.join(', ')}]`]);

function trainingText({ summary, reached }: Origin): string {
  const first = `${summary[0].toUpperCase()}${summary.slice(1)}.`;
  if (!reached) return first;
  const { success, trials, scenario, seed } = reached;
  const share = `${rateText(success.rate)} % ${intervalText(success)}`;
  return `${first}\nOf ${trials} grasps on the evaluation families of '${scenario}', seed ${seed}, it held ${share}.`;
}

const pessimismText = ({ scenario: { action } }: LoadedScenario): string =>
  action.pessimism > 0 ? ` less ${action.pessimism} of their standard deviations` : '';

/** What the program beside the card leaves out, of this scenario. */
const simplifications = ({ scenario: { action, sensor } }: LoadedScenario): string[] => [
  'Real depth is not cleaned: no flying pixel is taken out, no hole is filled, no table is looked for.',
  'The colour is taken as grey, as `predict` does without `--colour`. The pretrained weights saw colours.',
  'One heightmap around the world origin; no grasp is set back for what the hand would touch.',
  ...(action.smoothing > 0
    ? [`The scenario averages logits over neighbouring cells and angles (${action.smoothing}); the program does not.`]
    : []),
  ...(action.objectPeak === undefined
    ? []
    : [`The scenario passes over patches lower than ${action.objectPeak} m; the program does not.`]),
  ...(action.wallHalfWidth === undefined
    ? []
    : [`The scenario keeps open fingers between walls at ${action.wallHalfWidth} m; the program does not.`]),
  ...(sensor.extraViews.length > 0 ? ['The scenario has several cameras; the program takes one picture.'] : []),
];
